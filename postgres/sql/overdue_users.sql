-- The limit is one of users: a user with many stale effects counts once. So all
-- that is stale is read; the inner order keeps the planner on the index of it,
-- where grouping alone would have it walk all that waits. Without $2 only questions to
-- the providers' APIs count. Last come those whose access was parked for want of one of the
-- targets $3, which this process knows: they are passed over where others are to be rung.
select user_id from (
    (select user_id, next_deadline as due from onboardings
     where next_deadline < statement_timestamp() - interval '1 minute'
     order by next_deadline limit $1)
    union all
    (select user_id, min(stale_at) as due from (
         select user_id, stale_at from effects
         where ($2 or name in ('ask.p100', 'ask.xgateway')) and state = 'waiting' and stale_at < statement_timestamp()
         order by stale_at offset 0) stale
     group by user_id
     order by due limit $1)
    union all
    (select user_id, statement_timestamp() as due
     from unnest($3::text[]) as known (target) cross join lateral (
         select distinct user_id from effects
         where target = known.target and state = 'parked' and lane = 'access' and last_answer || '' = 'target not configured'
         order by user_id limit $1) strays
     limit $1)
) overdue
group by user_id
order by min(due)
limit $1
