-- Stores an event again; nothing when its body was erased meanwhile. The row is
-- locked, so that an erasing comes before it or sees what it stored.
with original as materialized (
    select id, user_id, provider, route, body, received from events
    where id = $1 and body is not null
    for share
), stored as (
    insert into events (user_id, provider, route, body, received, replay_of, actor)
    select user_id, provider, route, body, received, id, $2 from original
    returning id, user_id
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, now() from stored
)
select id from stored
