update effects set state = 'parked', last_answer = $4, done_at = clock_timestamp()
where id in (
    select id from effects where user_id = $1 and target = $2 and lane = $3 and state = 'waiting'
    order by id for no key update)
