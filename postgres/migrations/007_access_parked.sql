-- What is parked in access lanes is looked for by its target and user, too: a process
-- that knows the target has it sent after all.
create index effects_access_parked on effects (target, user_id) where state = 'parked' and lane = 'access';
drop index effects_parked_access;
