insert into effects (key, user_id, target, lane, name, check_name, version, seq, payload, state, last_answer, created, done_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
    case when $10 in ('superseded', 'parked') then $12::timestamptz end)
on conflict (key) do nothing
