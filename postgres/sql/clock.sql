select clock_timestamp(), exists (select from contacts where user_id = $1)
