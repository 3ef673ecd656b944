-- $16: the user was newly reversed.
update onboardings set state = $2, stage = $3, blocked_on = $4, stalled = $5, reversed = $6,
    access = $7, access_version = $8, version = $9, last_seq = $10, events = $11,
    started_at = $12, stage_since = $13, next_deadline = $14, policy_hash = $15,
    reversed_at = case when $16 then clock_timestamp() else reversed_at end
where user_id = $1
