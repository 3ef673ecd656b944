-- Since when something waits in the lanes of one kind of each target: probes that go
-- from one kind to the next.
with recursive kinds as (
    (select target, lane from effects where state = 'waiting' order by target, lane limit 1)
    union all
    select next.target, next.lane from kinds cross join lateral (
        select target, lane from effects
        where state = 'waiting' and (target, lane) > (kinds.target, kinds.lane)
        order by target, lane limit 1
    ) next
)
select target, lane, oldest.since, now()
from kinds cross join lateral (
    select min(greatest(created, replayed_at)) as since from effects
    where state = 'waiting' and target = kinds.target and lane = kinds.lane
) oldest
