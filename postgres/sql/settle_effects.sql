-- Ends effects that wait: superseded, or parked with an answer. Locked in the
-- order of their IDs, as everybody does who locks several.
update effects set state = $2, last_answer = coalesce(nullif($3, ''), last_answer), done_at = clock_timestamp()
where id in (
    select id from effects where id = any ($1::bigint[]) and state = 'waiting'
    order by id for no key update)
