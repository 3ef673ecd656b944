select exists (select from inbox where user_id = $1)
