-- Stores a command of a user who exists; nothing when the request ID was used.
with stored as (
    insert into events (user_id, provider, route, body, request_id)
    select $1::text, $2, $3, $4, nullif($5, '')
    where exists (select from onboardings where user_id = $1)
       or exists (select from inbox where user_id = $1)
    on conflict (user_id, request_id) where request_id is not null do nothing
    returning id, user_id, received
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, received from stored
)
select id from stored
