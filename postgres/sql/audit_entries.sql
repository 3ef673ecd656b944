-- Log rows by their numbers, with the events behind them.
select l.at, l.seq, l.input, coalesce(l.event_id, 0), l.received, l.outcome, l.code, l.actor, l.version,
    l.changes, l.policy_hash, l.build, coalesce(e.provider, ''), coalesce(e.request_id, ''), e.body, coalesce(e.replay_of, 0)
from log l left join lateral (
    select provider, request_id, body, replay_of from events where id = l.event_id offset 0
) e on true
where l.user_id = $1 and l.seq = any ($2::bigint[])
order by l.seq
