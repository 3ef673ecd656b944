-- Deletes a contact, and with it what starts said of it. An event of the merchant's
-- goes into the user's log; nothing when there was no contact. What was said of an
-- earlier deletion, by whom and why, stays.
with gone as (
    delete from contacts where user_id = $1 returning user_id
), erased as (
    update events set body = null
    where id = any (array(
            select event_id from log where user_id = $1 and event_id is not null
            union all
            select event_id from inbox where user_id = $1))
      and provider = 'merchant' and route = $2 and body is not null
      and body not like '{"contact":null,"erased":true,%'::bytea and exists (select from gone)
), stored as (
    insert into events (user_id, provider, route, body)
    select user_id, 'merchant', $2, $3 from gone
    returning id, user_id, received
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, received from stored
)
select id from stored
