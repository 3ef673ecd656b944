select id, target, name, check_name, created from effects
where user_id = $1 and state = 'waiting'
order by id
