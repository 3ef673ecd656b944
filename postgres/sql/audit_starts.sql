-- The starts accepted by a time whose bodies were not erased since.
select body from events
where user_id = $1 and provider = 'merchant' and route = 'start' and received <= $2 and body is not null
order by id
