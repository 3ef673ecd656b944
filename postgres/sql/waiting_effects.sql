select id, target, name, check_name from effects
where user_id = $1 and state = 'waiting'
order by id
