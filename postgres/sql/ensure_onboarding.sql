-- Makes the row of a user whose first event waits; writes nothing when it exists.
insert into onboardings (user_id)
select $1::text where exists (select from inbox where user_id = $1)
on conflict (user_id) do nothing
