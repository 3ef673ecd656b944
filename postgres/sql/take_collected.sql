-- Locks what is collected until the transaction ends; nothing while another does, so
-- that a digest is one and not the halves of two. The lock is this schema's.
with alone as materialized (
    select pg_try_advisory_xact_lock(hashtextextended(current_schema() || '/digest', 0)) as yes
)
select id, user_id, payload, created from effects
where state = 'collected' and created < $1 and (select yes from alone)
order by created, id
limit $2
for no key update skip locked
