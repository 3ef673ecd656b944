-- A failed attempt at a hook. The hook is failing from now on when there is nobody any
-- more to be told ($7), or when nothing was delivered for $8 and $9 attempts failed;
-- the user's log tells of it. Of attempts that fail at the same moment one counts, so
-- that nobody waits to count his own.
with clock as materialized (
    select clock_timestamp() as now
), counted as materialized (
    select h.name, h.failures + 1 as failures, coalesce(h.failed_since, clock.now) as since, h.failing_from
    from hooks h cross join clock
    where h.name = $1
    for no key update of h skip locked
), judged as materialized (
    select name, failures, since,
        failing_from is null and ($7::boolean or failures >= $9 and since <= clock.now - $8::interval) as flips
    from counted cross join clock
), kept as (
    update hooks h set failures = j.failures, failed_since = j.since, last_answer = $2,
        failing_from = case when j.flips then clock.now else h.failing_from end,
        next_probe = case when j.flips then clock.now + $10::interval else h.next_probe end
    from judged j cross join clock
    where h.name = j.name
), told as (
    insert into events (user_id, provider, route, body)
    select $3::text, $4, $5, convert_to(json_build_object('name', name, 'state', $6::text, 'since', since, 'answer', $2::text)::text, 'UTF8')
    from judged where flips
    returning id, user_id, received
)
insert into inbox (user_id, event_id, received)
select user_id, id, received from told
