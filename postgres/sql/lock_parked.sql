-- A user's effects to be sent again, with what came after each that may overtake it.
select e.id, e.name, e.check_name, coalesce((e.payload -> 'data' ->> 'accessVersion')::bigint, 0),
    coalesce(e.payload ->> 'stage', e.payload -> 'data' -> 'message' ->> 'stage', ''),
    array(select n.name from effects n
          where n.user_id = e.user_id and n.id > e.id and n.target = e.target and n.lane = e.lane
            and n.lane in ('access', 'notify') and n.state not in ('superseded', 'shadow')
          order by n.id)
from effects e
where e.id = any ($1::bigint[]) and e.state = 'parked'
order by e.id
for no key update of e
