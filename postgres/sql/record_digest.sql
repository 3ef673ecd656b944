-- $2: the digest was delivered.
update effects set attempts = attempts + 1, last_answer = $3,
    state = case when $2 then 'delivered' else state end,
    done_at = case when $2 then clock_timestamp() else done_at end
where id = any ($1::bigint[])
