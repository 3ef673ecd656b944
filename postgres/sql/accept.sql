-- Stores a batch of events with their inbox rows. The IDs are drawn before the
-- rows are inserted and go back with the number of the event in the batch, for
-- the order of RETURNING is nobody's promise.
with batch as (
    select user_id, provider, route, body, ord
    from unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
        with ordinality as b (user_id, provider, route, body, ord)
    order by ord
), numbered as materialized (
    select nextval('events_id_seq') as id, user_id, provider, route, body, ord from batch
), stored as (
    insert into events (id, user_id, provider, route, body, received) overriding system value
    select id, user_id, provider, route, body, now() from numbered
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, now() from numbered
)
select ord, id from numbered
