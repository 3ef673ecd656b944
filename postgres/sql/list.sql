-- A page of user IDs; $6 lets in users whose first event is not folded yet.
select user_id from (
    (select user_id from onboardings
     where user_id > $1 and ($2 = '' or stage = $2) and ($3 = '' or blocked_on = $3)
       and ($4::boolean is null or stalled = $4) and ($7::boolean is null or reversed = $7)
     order by user_id limit $5)
    union
    (select i.user_id from inbox i
     where $6 and i.user_id > $1
       and not exists (select from onboardings o where o.user_id = i.user_id)
     group by i.user_id order by i.user_id limit $5)
) page
order by user_id
limit $5
