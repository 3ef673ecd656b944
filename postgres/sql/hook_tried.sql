-- What an operator's test of a hook came to. A delivery ($3) makes it working.
insert into hooks (name, last_answer, last_delivered)
values ($1, $2, case when $3::boolean then clock_timestamp() end)
on conflict (name) do update set last_answer = excluded.last_answer,
    last_delivered = coalesce(excluded.last_delivered, hooks.last_delivered),
    failures = case when $3 then 0 else hooks.failures end,
    failed_since = case when $3 then null else hooks.failed_since end,
    failing_from = case when $3 then null else hooks.failing_from end,
    next_probe = case when $3 then null else hooks.next_probe end
