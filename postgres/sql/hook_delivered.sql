-- A delivery at a hook. It writes only what changes: failures are forgotten, and when
-- the last delivery was is kept to the minute. A failing hook works again, which the
-- user's log tells; of two deliveries at once the second finds it working.
with was as materialized (
    select name, failed_since, failing_from from hooks
    where name = $1 and (failures > 0 or failing_from is not null
        or last_delivered is null or last_delivered < clock_timestamp() - interval '1 minute')
    for no key update
), kept as (
    update hooks set failures = 0, failed_since = null, failing_from = null, next_probe = null,
        last_answer = $2, last_delivered = clock_timestamp()
    where name = $1 and exists (select from was)
), told as (
    insert into events (user_id, provider, route, body)
    select $3::text, $4, $5, convert_to(json_build_object('name', name, 'state', $6::text, 'since', failed_since, 'answer', $2::text)::text, 'UTF8')
    from was where failing_from is not null
    returning id, user_id, received
)
insert into inbox (user_id, event_id, received)
select user_id, id, received from told
