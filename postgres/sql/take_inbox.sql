-- "offset 0" keeps the look-up of each event an index probe of its own, whatever
-- the planner believes about a table that is empty at one time and full at another.
-- A replay is overtaken when the log has a report of the same webhook that was
-- received later and understood. Events of one commit share their received time,
-- so the first event's ID tells which came later.
with taken as (
    delete from inbox
    where user_id = $1 and event_id = any (array(
        select event_id from inbox where user_id = $1 order by event_id limit $2))
    returning event_id, received
)
select e.id, e.provider, e.route, e.body, e.received, taken.received, coalesce(e.replay_of, 0), e.actor,
    case when e.replay_of is null then false else exists (
        select from log l join events x on x.id = l.event_id
        where l.user_id = $1 and l.received >= e.received and l.outcome <> 'unrecognised'
          and x.provider = e.provider and x.route = e.route
          and (x.received, coalesce(x.replay_of, x.id)) > (e.received, e.replay_of)) end
from taken cross join lateral (
    select id, provider, route, body, received, replay_of, actor from events where id = taken.event_id offset 0
) e
order by e.id
