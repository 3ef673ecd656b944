-- Starts a user: an event when there is anything new, and the contact when one
-- was given ($4) that is another than the stored one.
with known as materialized (
    select exists (select from onboardings where user_id = $1)
        or exists (select from inbox where user_id = $1) as yes
), news as materialized (
    select known.yes, $4::boolean and not exists (
        select from contacts
        where user_id = $1 and (email, locale, name, time_zone) = ($5, $6, $7, $8)
    ) as contact
    from known
), stored as (
    insert into events (user_id, provider, route, body)
    select $1::text, 'merchant', $2, $3 from news where not yes or contact
    returning id, user_id, received
), queued as (
    insert into inbox (user_id, event_id, received)
    select user_id, id, received from stored
), kept as (
    insert into contacts (user_id, email, locale, name, time_zone)
    select $1::text, $5, $6, $7, $8 from news where contact
    on conflict (user_id) do update set email = excluded.email, locale = excluded.locale,
        name = excluded.name, time_zone = excluded.time_zone, updated = now()
)
select not news.yes, coalesce((select id from stored), 0) from news
