-- Stores what a provider's API answered.
with stored as (
    insert into events (user_id, provider, route, body)
    values ($1, $2, $3, $4)
    returning id, user_id, received
)
insert into inbox (user_id, event_id, received)
select user_id, id, received from stored
