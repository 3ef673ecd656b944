select seq, at, input, outcome, stage from log where user_id = $1 order by seq desc limit 5
