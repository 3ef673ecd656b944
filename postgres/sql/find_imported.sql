-- What is known of each user to import: whether this import brought him before, with
-- which body (null when erased), and whether he is known otherwise.
-- "offset 0" keeps each look-up an index probe.
select u.ord, i.id is not null, i.body,
    exists (select from onboardings o where o.user_id = u.user_id offset 0)
        or exists (select from inbox w where w.user_id = u.user_id offset 0)
from unnest($1::text[], $2::text[]) with ordinality as u (user_id, request_id, ord)
left join lateral (
    select id, body from events
    where user_id = u.user_id and request_id = u.request_id and provider = 'merchant' and route = 'import'
    offset 0
) i on true
order by u.ord
