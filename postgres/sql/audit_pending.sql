-- Events received by a time and not folded then. When a replay was asked for is
-- known only while it waits.
select coalesce(w.queued, e.received) as queued, e.id, e.received, e.provider, e.route, coalesce(e.request_id, ''), e.body,
    coalesce(e.replay_of, 0), e.actor
from (
    select event_id, received as queued from inbox where user_id = $1
    union all
    select event_id, null from log where user_id = $1 and event_id is not null and at > $2
) w cross join lateral (
    select id, received, provider, route, request_id, body, replay_of, actor from events where id = w.event_id offset 0
) e
where coalesce(w.queued, e.received) <= $2 and (e.replay_of is null or w.queued is not null)
order by queued, e.id
