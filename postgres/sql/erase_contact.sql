-- A contact that was given after the command stays.
delete from contacts where user_id = $1 and updated <= $2
