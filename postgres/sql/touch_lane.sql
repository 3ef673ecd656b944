-- Says when a sweep is to look at a lane again: at all of it, for what waits
-- behind a backoff is as untouched as what backs off. An effect that somebody else
-- holds is looked at by him.
update effects set stale_at = clock_timestamp() + $4::interval
where id in (
    select id from effects where user_id = $1 and target = $2 and lane = $3 and state = 'waiting'
    order by id for no key update skip locked)
