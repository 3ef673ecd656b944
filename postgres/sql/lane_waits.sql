select exists (select from effects where user_id = $1 and target = $2 and lane = $3 and state = 'waiting')
