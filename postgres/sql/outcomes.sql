select e.request_id, l.outcome, l.code, l.seq
from events e join log l on l.event_id = e.id
where e.user_id = $1 and e.request_id = any ($2::text[])
order by l.seq
