-- What was parked in a user's access lanes because its target was not configured, of
-- targets that are configured here, with what came after each.
-- "|| ''" keeps the planner from the index of all that is parked at a target.
select e.id, e.target, e.name, coalesce((e.payload -> 'data' ->> 'accessVersion')::bigint, 0),
    array(select n.name from effects n
          where n.user_id = $1 and n.id > e.id and n.target = e.target and n.lane = 'access'
            and n.state not in ('superseded', 'shadow')
          order by n.id)
from unnest($2::text[]) as known (target) cross join lateral (
    select id, target, name, payload from effects
    where target = known.target and user_id = $1 and lane = 'access' and state = 'parked'
      and last_answer || '' = 'target not configured' offset 0
) e
order by e.id
