-- Erases what was folded before the log row $2, and what never was. Who deleted the
-- contact and why stays, as commands do: these are the operators' words.
update events e set body = null
where e.user_id = $1 and e.body is not null and e.provider not in ('operator', 'admit')
  and not (e.provider = 'merchant' and e.body like '{"contact":null,"erased":true,%'::bytea)
  and (e.malformed or exists (select from log l where l.event_id = e.id and l.user_id = $1 and l.seq < $2))
