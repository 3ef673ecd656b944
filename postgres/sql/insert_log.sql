insert into log (user_id, seq, event_id, input, outcome, code, version, stage, changes, policy_hash, build, actor, received, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
