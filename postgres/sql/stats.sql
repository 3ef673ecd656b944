select
    (select count(*) from inbox),
    (select statement_timestamp() - min(received) from inbox),
    (select statement_timestamp() - min(created) from effects where state = 'waiting' and lane = 'access'),
    (select statement_timestamp() - min(created) from effects where state = 'waiting' and lane = 'rest'),
    (select statement_timestamp() - min(created) from effects where state = 'waiting' and name = 'access.revoked'),
    (select count(distinct user_id) from effects
     where state = 'waiting' and name = 'access.revoked' and created < statement_timestamp() - interval '60 seconds'),
    (select coalesce(jsonb_object_agg(target, n), '{}')
     from (select target, count(*) as n from effects where state = 'parked' and last_answer <> 'no contact' group by target) parked),
    (select count(*) from effects where state = 'parked' and lane = 'access'),
    (select statement_timestamp() - min(created) from effects where state = 'waiting' and name in ('ask.p100', 'ask.xgateway')),
    (select count(*) from onboardings where reversed_at > statement_timestamp() - interval '1 hour'),
    (select statement_timestamp() - min(created) from effects where state = 'collected')
