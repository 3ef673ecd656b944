-- A change of access for those who were told of this user's access before, and are not
-- among the targets that this process has for it ($9): another process has them, or had
-- them within a day.
-- One that this process has for other things ($10 names all that it has) is told no
-- more than that the user is shut out, where it heard last that the user is let in.
with heard as materialized (
    select distinct on (target) target, name from effects
    where user_id = $2 and lane = 'access'
    order by target, id desc
)
insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created, done_at, stale_at)
select $1::text || target, $2::text, target, 'access', $3::text, $4::bigint, $5::bigint, $6::json, $7::text, $8::timestamptz,
    case when $7 = 'superseded' then $8::timestamptz end,
    greatest(clock_timestamp() + interval '2 minutes',
        (select max(stale_at) from (
             select stale_at from effects e
             where e.user_id = $2 and e.target = heard.target and e.lane = 'access' and e.state = 'waiting'
             order by id offset 0) lane))
from heard
where target <> all ($9::text[])
  and exists (select from hooks h where h.name = target and h.known_until > $8)
  and (target <> all ($10::text[]) or $3 = 'access.revoked' and name = 'access.granted')
order by target
on conflict (key) do nothing
