-- How many effects wait for each target, counted up to $1; null counts them all.
with recursive targets as (
    (select target from effects where state = 'waiting' order by target limit 1)
    union all
    select next.target from targets cross join lateral (
        select target from effects where state = 'waiting' and target > targets.target order by target limit 1
    ) next
)
select target, (select count(*) from (
    select from effects where state = 'waiting' and target between targets.target and targets.target
    order by target limit $1) counted)
from targets
