select id, coalesce(body, '') from events where user_id = $1 and request_id = $2
