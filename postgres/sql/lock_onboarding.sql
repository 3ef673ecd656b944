-- A statement of its own: what is read after it is read under the lock.
select state, last_seq, events from onboardings where user_id = $1 for no key update
