-- A page of what was given up on at a target. With "target = $1" the index of it has the
-- order of the primary key, and the planner takes that: past all that was not given up on.
select id, key, user_id, name, created, coalesce(done_at, created), attempts, last_answer from effects
where (target, id) > ($1, $2) and target <= $1 and state = 'parked' and last_answer <> 'no contact'
order by target, id
limit $3
