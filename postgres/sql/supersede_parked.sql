update effects set state = 'superseded', last_answer = $2, done_at = clock_timestamp() where id = any ($1::bigint[]) and state = 'parked'
