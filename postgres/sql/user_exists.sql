select exists (select from onboardings where user_id = $1) or exists (select from inbox where user_id = $1)
