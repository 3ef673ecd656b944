select i.received, i.event_id, e.provider, e.route, coalesce(e.request_id, ''), e.body
from inbox i join events e on e.id = i.event_id
where i.user_id = $1
  and (i.received, 9223372036854775807, 2, i.event_id) > ($2::timestamptz, $3::bigint, $4::integer, $5::bigint)
order by i.received, i.event_id
limit $6
