-- The newest folded event of each of a user's webhooks, among the last hundred. A
-- replay is as old as what it folds again.
select distinct on (u.user_id, e.provider, e.route) u.user_id, e.id, e.provider, e.route, e.body
from unnest($1::text[]) as u (user_id)
cross join lateral (
    select id, provider, route, body, received from events
    where user_id = u.user_id and not malformed and provider not in ('operator', 'merchant', 'admit') and route <> 'api'
      and not exists (select from inbox i where i.user_id = u.user_id and i.event_id = events.id)
    order by id desc limit 100
) e
where e.body is not null
order by u.user_id, e.provider, e.route, e.received desc, e.id desc
