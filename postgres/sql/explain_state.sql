select state from onboardings where user_id = $1 and last_seq > 0
