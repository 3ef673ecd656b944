-- What was decided by a time. What was done later waited then.
select created, seq, id, key, target, lane, name,
    case when done_at > $2 then 'waiting' else state end,
    case when done_at <= $2 then attempts else 0 end,
    case when done_at <= $2 then last_answer else '' end,
    version, case when done_at <= $2 then done_at end, next_attempt_at,
    check_name, case when replayed_at <= $2 then replayed_by else '' end, case when replayed_at <= $2 then replayed_at end,
    case when replayed_at <= $2 then replay_reason else '' end
from effects
where user_id = $1 and created <= $2
order by created, seq, id
