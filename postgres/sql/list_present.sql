select user_id from onboardings where user_id > $1 and last_seq > 0 order by user_id limit $2
