-- An effect that comes to stand in a lane that is left alone for longer, because
-- it backs off, is left alone as long: nothing is lost there. $13: how long it waits
-- for what may overtake it.
insert into effects (key, user_id, target, lane, name, check_name, version, seq, payload, state, last_answer, created, done_at, next_attempt_at, stale_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
    case when $10 in ('superseded', 'parked') then $12::timestamptz end,
    clock_timestamp() + $13::interval,
    greatest(clock_timestamp() + greatest(2 * $13::interval, interval '2 minutes'),
        (select max(stale_at) from effects where user_id = $2 and target = $3 and lane = $4 and state = 'waiting')))
on conflict (key) do nothing
