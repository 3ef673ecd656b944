select clock_timestamp(), (select updated from contacts where user_id = $1)
