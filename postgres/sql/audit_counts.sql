-- The last log row up to a time, the webhooks folded by then, the first event
-- accepted by then, and since when there is a contact. A replay is left out: it has
-- the received time of what it folds again.
with last as materialized (
    select coalesce(max(seq), 0) as seq from log where user_id = $1 and at <= $2
)
select last.seq,
    (select count(*) from log l join events e on e.id = l.event_id
     where l.user_id = $1 and l.seq <= last.seq and e.provider not in ('operator', 'merchant', 'admit') and e.route <> 'api'),
    (select min(e.received)
     from (
         select event_id from log where user_id = $1 and event_id is not null
         union all
         select event_id from inbox where user_id = $1
     ) ids cross join lateral (
         select received from events where id = ids.event_id and replay_of is null and received <= $2 offset 0
     ) e),
    (select updated from contacts where user_id = $1)
from last
