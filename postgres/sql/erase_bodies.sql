-- Erases what was folded before the log row $2, and what never was. Who deleted the
-- contact and why stays, as commands do: these are the operators' words.
update events e set body = null
where e.id = any (array(
        select event_id from log where user_id = $1 and seq < $2 and event_id is not null
        union all
        select id from events where user_id = $1 and malformed))
  and e.body is not null and e.provider not in ('operator', 'admit')
  and not (e.provider = 'merchant' and e.body like '{"contact":null,"erased":true,%'::bytea)
