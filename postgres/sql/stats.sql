select
    (select count(*) from inbox),
    (select now() - min(received) from inbox),
    (select now() - min(created) from effects where state = 'waiting' and name = 'access.revoked'),
    (select count(distinct user_id) from effects
     where state = 'waiting' and name = 'access.revoked' and created < now() - interval '60 seconds'),
    (select count(*) from effects where state = 'parked' and lane = 'access'),
    (select now() - min(created) from effects where state = 'waiting' and name in ('ask.p100', 'ask.xgateway')),
    (select count(*) from onboardings where reversed_at > now() - interval '1 hour'),
    (select now() - min(created) from effects where state = 'collected')
