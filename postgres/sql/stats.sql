-- Counts in the ledger end at $1, the others at $2. An age is a probe of an index.
select
    (select count(*) from (select from inbox order by received limit $2) counted),
    (select now() - min(received) from inbox),
    (select now() - min(greatest(created, replayed_at)) from effects where state = 'waiting' and name = 'access.revoked'),
    (select count(distinct user_id) from (
        select user_id from effects
        where state = 'waiting' and name = 'access.revoked' and greatest(created, replayed_at) < now() - interval '60 seconds'
        order by greatest(created, replayed_at) limit $1) counted),
    (select count(*) from (
        select from effects where state = 'parked' and lane = 'access' order by target, user_id limit $1) counted),
    (select now() - min(greatest(created, replayed_at)) from effects where state = 'waiting' and name in ('ask.p100', 'ask.xgateway')),
    (select count(*) from (
        select from onboardings where reversed_at > now() - interval '1 hour' order by reversed_at limit $2) counted),
    (select now() - min(created) from effects where state = 'collected')
