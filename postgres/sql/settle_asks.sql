-- A provider's API has answered about a user: the questions to it that were given up
-- on before are answered as well.
update effects set state = 'superseded'
where user_id = $1 and target = $2 and id < $3 and state = 'parked'
