-- "offset 0" keeps the look-up of each event an index probe of its own, whatever
-- the planner believes about a table that is empty at one time and full at another.
with taken as (
    delete from inbox
    where user_id = $1 and event_id = any (array(
        select event_id from inbox where user_id = $1 order by event_id limit $2))
    returning event_id
)
select e.id, e.provider, e.route, coalesce(e.body, ''), e.received
from taken cross join lateral (
    select id, provider, route, body, received from events where id = taken.event_id offset 0
) e
order by e.id
