select l.at, l.seq, l.input, coalesce(l.event_id, 0), l.received, l.outcome, l.code, l.actor, l.version,
    l.changes, l.policy_hash, l.build, coalesce(e.provider, ''), coalesce(e.request_id, ''), e.body, coalesce(e.replay_of, 0)
from (
    select * from log
    where user_id = $1 and (at, seq, 0, seq) > ($2::timestamptz, $3::bigint, $4::integer, $5::bigint)
    order by at, seq
    limit $6
) l left join lateral (
    select provider, request_id, body, replay_of from events where id = l.event_id offset 0
) e on true
order by l.at, l.seq
