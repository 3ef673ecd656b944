-- Events received by a time and not folded then. When a replay was asked for is
-- known only while it waits.
select coalesce(i.received, e.received) as queued, e.id, e.received, e.provider, e.route, coalesce(e.request_id, ''), e.body,
    coalesce(e.replay_of, 0), e.actor
from events e
left join inbox i on i.user_id = e.user_id and i.event_id = e.id
left join log l on l.event_id = e.id
where e.user_id = $1 and not e.malformed and coalesce(i.received, e.received) <= $2
  and (l.at > $2 or l.at is null) and (e.replay_of is null or i.event_id is not null)
order by queued, e.id
