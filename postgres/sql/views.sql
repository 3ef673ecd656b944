select u.user_id, o.state, coalesce(o.last_seq, 0), coalesce(o.events, 0), o.next_deadline,
    i.pending, coalesce(i.first, clock_timestamp()),
    exists (select from contacts c where c.user_id = u.user_id)
from unnest($1::text[]) with ordinality as u (user_id, ord)
left join onboardings o on o.user_id = u.user_id
cross join lateral (
    select count(*) as pending, min(received) as first from inbox where user_id = u.user_id
) i
where o.user_id is not null or i.pending > 0
order by u.ord
