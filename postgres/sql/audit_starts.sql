-- The starts accepted by a time whose bodies were not erased since.
select e.body
from (
    select event_id from log where user_id = $1 and event_id is not null
    union all
    select event_id from inbox where user_id = $1
) ids cross join lateral (
    select id, provider, route, received, body from events where id = ids.event_id offset 0
) e
where e.provider = 'merchant' and e.route = 'start' and e.received <= $2 and e.body is not null
order by e.id
