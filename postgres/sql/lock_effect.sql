select user_id, target, lane, key, state, attempts, refusals, coalesce(sender, ''),
    greatest(next_attempt_at, taken_until), created, clock_timestamp()
from effects where id = $1 for no key update
