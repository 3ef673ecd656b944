-- Locks what is collected until the transaction ends. What another has locked is
-- being sent.
select id, user_id, payload, created from effects
where state = 'collected' and created < $1
order by created, id
limit $2
for no key update skip locked
