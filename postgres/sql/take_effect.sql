-- Takes the first waiting effect of a lane, unless the lane is taken (with $8 by
-- another sender) or the effect's next attempt is not due. Where the hook is failing
-- ($6: it can be held), only who gets the next probe takes the effect, and the one
-- after it is due in $7; effects are locked before hooks, as everywhere.
-- One row always: the clock, until when the lane is taken, when the first effect is
-- due, since when the hook is failing, and the effect when it was taken.
-- "|| ''" keeps the planner from looking for one effect among all that wait, whatever
-- it believes about how many there are.
with clock as materialized (
    select clock_timestamp() as now
), busy as materialized (
    select max(e.taken_until) as until from effects e, clock
    where e.user_id = $1 and e.target = $2 and e.lane = $3 and e.taken_until > clock.now
      and not ($8::boolean and e.sender is not distinct from $4)
), head as materialized (
    select id, next_attempt_at from effects
    where user_id = $1 and target = $2 and lane = $3 and state = 'waiting'
    order by id limit 1
), hook as materialized (
    select failing_from, next_probe from hooks where $6::boolean and name = $2 and failing_from is not null
), seized as materialized (
    select e.id from effects e, clock, busy, head, hook
    where e.id = head.id and e.state || '' = 'waiting' and busy.until is null
      and head.next_attempt_at <= clock.now and hook.next_probe <= clock.now
    for no key update of e
), probe as (
    update hooks h set next_probe = clock.now + $7::interval
    from clock, seized
    where h.name = $2 and h.failing_from is not null and h.next_probe <= clock.now
    returning h.name
), taken as (
    update effects e set sender = $4, taken_until = clock.now + $5::interval,
        stale_at = clock.now + greatest($5::interval, interval '2 minutes')
    from clock, busy, head
    where e.id = head.id and e.state || '' = 'waiting' and busy.until is null and head.next_attempt_at <= clock.now
      and (not exists (select from hook) or exists (select from probe))
    returning e.id, e.key, e.name, e.payload, e.attempts, greatest(e.created, e.replayed_at) as since
)
select clock.now, busy.until, head.next_attempt_at, hook.failing_from,
    coalesce(taken.id, 0), coalesce(taken.key, ''), coalesce(taken.name, ''),
    taken.payload, coalesce(taken.attempts, 0), coalesce(taken.since, clock.now)
from clock cross join busy left join head on true left join hook on true left join taken on true
