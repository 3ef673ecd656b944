-- $5: null keeps the answer. $7: the lane is given back.
update effects set state = $2, attempts = $3, refusals = $4, last_answer = coalesce($5, last_answer),
    next_attempt_at = clock_timestamp() + $6::interval,
    sender = case when $7 then null else sender end,
    taken_until = case when $7 then null else taken_until end,
    done_at = case when $2 = 'waiting' then null else coalesce(done_at, clock_timestamp()) end
where id = $1
