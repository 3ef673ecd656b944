-- Stores an event again; nothing when its body was erased meanwhile.
with stored as (
    insert into events (user_id, provider, route, body, received, replay_of, actor)
    select user_id, provider, route, body, received, id, $2 from events where id = $1 and body is not null
    returning id, user_id
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, now() from stored
)
select id from stored
