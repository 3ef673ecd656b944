-- $4: how long what is not access waits, so that many do not come at once.
update effects set state = 'waiting', refusals = 0, replayed_by = $2, replay_reason = $3, replayed_at = clock_timestamp(),
    done_at = null, next_attempt_at = clock_timestamp() + case when lane = 'access' then interval '0' else $4::interval end,
    stale_at = clock_timestamp() + interval '2 minutes' + $4::interval
where id = any ($1::bigint[]) and state = 'parked'
