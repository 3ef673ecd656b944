-- Stores imported users as events with their inbox rows, and the contacts of those
-- who have one.
with users as (
    select user_id, request_id, body, ord
    from unnest($1::text[], $2::text[], $3::bytea[]) with ordinality as u (user_id, request_id, body, ord)
    order by ord
), stored as (
    insert into events (user_id, provider, route, body, request_id)
    select user_id, 'merchant', $4, body, request_id from users
    returning id, user_id, received
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, received from stored
)
insert into contacts (user_id, email, locale, name, time_zone)
select user_id, email, locale, name, time_zone
from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as c (user_id, email, locale, name, time_zone)
order by user_id
on conflict (user_id) do update set email = excluded.email, locale = excluded.locale,
    name = excluded.name, time_zone = excluded.time_zone, updated = now()
