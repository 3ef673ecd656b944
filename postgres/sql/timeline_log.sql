select l.at, l.seq, l.input, coalesce(l.event_id, 0), l.received, l.outcome, l.code, l.actor, l.version,
    l.changes, l.policy_hash, l.build, coalesce(e.provider, ''), coalesce(e.request_id, ''), e.body
from log l left join events e on e.id = l.event_id
where l.user_id = $1 and (l.at, l.seq, 0, l.seq) > ($2::timestamptz, $3::bigint, $4::integer, $5::bigint)
order by l.at, l.seq
limit $6
