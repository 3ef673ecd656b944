select created, seq, id, key, target, lane, name, state, attempts, last_answer, version, done_at, next_attempt_at,
    check_name, replayed_by, replayed_at, replay_reason
from effects
where user_id = $1 and (created, seq, 1, id) > ($2::timestamptz, $3::bigint, $4::integer, $5::bigint)
order by created, seq, id
limit $6
