-- Held until the transaction ends: two replays of one event come one after the
-- other. A replay stands for the event that it is one of. The lock is this
-- schema's.
select coalesce(replay_of, id), pg_advisory_xact_lock(
    hashtextextended(current_schema() || '/replay/' || coalesce(replay_of, id)::text, 0))::text
from events where id = $1
