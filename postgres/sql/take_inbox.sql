with taken as (
    delete from inbox
    where user_id = $1 and event_id in (
        select event_id from inbox where user_id = $1 order by event_id limit $2)
    returning event_id
)
select e.id, e.provider, e.route, coalesce(e.body, ''), e.received
from taken join events e on e.id = taken.event_id
order by e.id
