-- An event, and its newest replay, with what became of them.
select e.user_id, e.provider, e.route, coalesce(e.body, ''), e.body is null, e.malformed, coalesce(l.outcome, 'pending'),
    coalesce(r.id, 0), coalesce(rl.outcome, 'pending')
from events e
left join log l on l.event_id = e.id
left join lateral (select id from events where replay_of = e.id order by id desc limit 1) r on true
left join log rl on rl.event_id = r.id
where e.id = $1
