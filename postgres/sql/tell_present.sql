-- Tells a target how a user stands. What it was to be told of the same before is
-- sent again where it was given up on, and sent where it was only recorded.
insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created,
    replayed_by, replay_reason, replayed_at, next_attempt_at, stale_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp(),
    clock_timestamp() + $13::interval, clock_timestamp() + interval '2 minutes' + $13::interval)
on conflict (key) do update set state = excluded.state, refusals = 0, payload = excluded.payload,
    replayed_by = excluded.replayed_by, replay_reason = excluded.replay_reason, replayed_at = excluded.replayed_at,
    next_attempt_at = excluded.next_attempt_at, stale_at = excluded.stale_at, done_at = null
    where effects.state in ('parked', 'shadow') and excluded.state = 'waiting'
