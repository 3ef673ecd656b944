-- What was given up on at each target, counted up to $1; null counts it all. A message
-- to a user without a contact does not count.
with recursive targets as (
    (select target from effects where state = 'parked' and last_answer <> 'no contact' order by target limit 1)
    union all
    select next.target from targets cross join lateral (
        select target from effects where state = 'parked' and last_answer <> 'no contact' and target > targets.target
        order by target limit 1
    ) next
)
select target, (select count(*) from (
    select from effects where state = 'parked' and last_answer <> 'no contact' and target between targets.target and targets.target
    order by target limit $1) counted)
from targets
