-- A provider's API has answered about a user: the questions to it that were given up
-- on before are answered as well. One that another call has locked is being
-- recorded, and waited for it would be a deadlock.
update effects set state = 'superseded'
where id in (
    select id from effects where user_id = $1 and target = $2 and id < $3 and state = 'parked'
    order by id for no key update skip locked)
