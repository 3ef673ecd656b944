-- A page of webhooks that could not be read or understood. A replay is no entry of
-- its own: it shows beside the event that it is one of.
select e.id, e.user_id, e.provider, e.route, e.received, page.state, coalesce(r.id, 0),
    case when r.id is null then '' else coalesce(rl.outcome, 'pending') end
from (
    (select id, 'malformed' as state from events
     where malformed and id > $2 and $1::text in ('', 'malformed')
     order by id limit $3)
    union all
    (select l.event_id, 'unrecognised' from log l join events u on u.id = l.event_id
     where l.outcome = 'unrecognised' and l.event_id > $2 and $1::text in ('', 'unrecognised')
       and u.replay_of is null and u.provider not in ('operator', 'merchant', 'admit') and u.route <> 'api'
     order by l.event_id limit $3)
) page
join events e on e.id = page.id
left join lateral (select id from events where replay_of = e.id order by id desc limit 1) r on true
left join log rl on rl.event_id = r.id
order by e.id
limit $3
