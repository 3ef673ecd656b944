-- Takes the first waiting effect of a lane, unless the lane is taken or the
-- effect's next attempt is not due. One row always: the clock, until when the
-- lane is taken, when the first effect is due, and the effect when it was taken.
with clock as materialized (
    select clock_timestamp() as now
), busy as materialized (
    select max(e.taken_until) as until from effects e, clock
    where e.user_id = $1 and e.target = $2 and e.lane = $3 and e.taken_until > clock.now
), head as materialized (
    select id, next_attempt_at from effects
    where user_id = $1 and target = $2 and lane = $3 and state = 'waiting'
    order by id limit 1
), taken as (
    update effects e set sender = $4, taken_until = clock.now + $5::interval,
        stale_at = clock.now + greatest($5::interval, interval '2 minutes')
    from clock, busy, head
    where e.id = head.id and e.state = 'waiting' and busy.until is null and head.next_attempt_at <= clock.now
    returning e.id, e.key, e.name, e.payload, e.attempts, e.created
)
select clock.now, busy.until, head.next_attempt_at,
    coalesce(taken.id, 0), coalesce(taken.key, ''), coalesce(taken.name, ''),
    taken.payload, coalesce(taken.attempts, 0), coalesce(taken.created, clock.now)
from clock cross join busy left join head on true left join taken on true
