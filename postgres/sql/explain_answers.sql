-- The newest folded answer of each provider's API, with what was made of it.
select p.provider, newest.body, newest.outcome, newest.code, newest.seq
from unnest($2::text[]) as p (provider)
cross join lateral (
    select e.body, l.outcome, l.code, l.seq
    from log l cross join lateral (
        select provider, route, body from events where id = l.event_id offset 0
    ) e
    where l.user_id = $1 and l.event_id is not null and e.provider = p.provider and e.route = 'api'
    order by l.seq desc limit 1
) newest
