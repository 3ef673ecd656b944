insert into events (user_id, provider, route, body, malformed)
values ($1, $2, $3, $4, true)
