-- For each provider's API: whether a question waits, and what came of the last
-- question that was tried, where that was no answer.
select target, bool_or(state = 'waiting'),
    coalesce((array_agg(case when state in ('waiting', 'parked') then last_answer else '' end order by id desc)
        filter (where attempts > 0))[1], '')
from effects
where user_id = $1 and target = any ($2::text[])
group by target
