-- A page of what was given up on at a target.
select id, key, user_id, name, created, coalesce(done_at, created), attempts, last_answer from effects
where target = $1 and state = 'parked' and last_answer <> 'no contact' and id > $2
order by id
limit $3
