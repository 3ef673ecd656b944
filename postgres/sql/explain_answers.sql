-- The newest folded answer of each provider's API, with what was made of it.
select p.provider, e.body, l.outcome, l.code, l.seq
from unnest($2::text[]) as p (provider)
cross join lateral (
    select id, body from events
    where user_id = $1 and provider = p.provider and route = 'api'
      and not exists (select from inbox i where i.user_id = $1 and i.event_id = events.id)
    order by id desc limit 1
) e
join log l on l.event_id = e.id
