select i.received, i.event_id, e.received, e.provider, e.route, coalesce(e.request_id, ''), e.body, coalesce(e.replay_of, 0), e.actor
from (
    select event_id, received
    from (select event_id, received from inbox where user_id = $1 offset 0) of_user
    where (received, 9223372036854775807, 2, event_id) > ($2::timestamptz, $3::bigint, $4::integer, $5::bigint)
    order by received, event_id
    limit $6
) i cross join lateral (
    select provider, route, request_id, body, received, replay_of, actor from events where id = i.event_id offset 0
) e
order by i.received, i.event_id
