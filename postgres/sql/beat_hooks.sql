-- Says of targets that a process has them; an hour has to pass before it is written
-- again.
insert into hooks as h (name, known_until)
select name, $2::timestamptz + interval '24 hours' from unnest($1::text[]) as had (name)
where not exists (select from hooks k where k.name = had.name and k.known_until > $2::timestamptz + interval '23 hours')
order by name
on conflict (name) do update set known_until = greatest(h.known_until, excluded.known_until)
