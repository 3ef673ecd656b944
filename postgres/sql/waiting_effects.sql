select id, target, name, check_name, greatest(created, replayed_at), coalesce(taken_until > clock_timestamp(), false) from effects
where user_id = $1 and state = 'waiting'
order by id
