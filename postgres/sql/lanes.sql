select target, lane, min(id) from effects
where user_id = $1 and state = 'waiting'
group by target, lane
order by target, lane <> 'access', lane
