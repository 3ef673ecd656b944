insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created,
    replayed_by, replay_reason, replayed_at, next_attempt_at, stale_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp(),
    clock_timestamp() + $13::interval, clock_timestamp() + interval '2 minutes' + $13::interval)
on conflict (key) do nothing
