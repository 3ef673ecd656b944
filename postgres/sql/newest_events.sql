-- The newest folded event of each of a user's webhooks, among the last hundred. A
-- replay is as old as what it folds again.
select distinct on (u.user_id, e.provider, e.route) u.user_id, e.id, e.provider, e.route, e.body
from unnest($1::text[]) as u (user_id)
cross join lateral (
    select e.id, e.provider, e.route, e.body, e.received
    from log l cross join lateral (
        select id, provider, route, body, received from events where id = l.event_id offset 0
    ) e
    where l.user_id = u.user_id and l.event_id is not null
      and e.provider not in ('operator', 'merchant', 'admit') and e.route <> 'api'
    order by l.seq desc limit 100
) e
where e.body is not null
order by u.user_id, e.provider, e.route, e.received desc, e.id desc
