select next_deadline from onboardings where user_id = $1
