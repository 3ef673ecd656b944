-- The newest event of each of a user's webhooks among those folded by a time.
select distinct on (e.provider, e.route) e.id, e.provider, e.route, e.body
from log l join events e on e.id = l.event_id
where l.user_id = $1 and l.seq <= (select max(seq) from log where user_id = $1 and at <= $2)
  and e.provider not in ('operator', 'merchant', 'admit') and e.route <> 'api' and e.body is not null
order by e.provider, e.route, e.received desc, e.id desc
