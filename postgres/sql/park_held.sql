-- While a hook is failing, what is older than $4 is given up on: at most $6 effects of
-- a lane at once, and none that is in flight.
update effects set state = 'parked', last_answer = $5, done_at = clock_timestamp()
where id in (
    select id from effects
    where user_id = $1 and target = $2 and lane = $3 and state = 'waiting'
      and greatest(created, replayed_at) <= clock_timestamp() - $4::interval
      and (taken_until is null or taken_until <= clock_timestamp())
      and exists (select from hooks where name = $2 and failing_from is not null)
    order by id limit $6
    for no key update skip locked)
