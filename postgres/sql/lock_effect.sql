select e.user_id, e.target, e.lane, e.key, e.state, e.attempts, e.refusals, coalesce(e.sender, ''),
    greatest(e.next_attempt_at, e.taken_until), greatest(e.created, e.replayed_at), clock_timestamp(), h.failing_from is not null
from effects e left join hooks h on h.name = e.target
where e.id = $1
for no key update of e
