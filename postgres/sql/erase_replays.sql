-- A replay holds a copy of the body, folded or not. A statement of its own, after
-- the originals: a replay that was being stored meanwhile held its original's row
-- (replay.sql), so it is committed by now, and seen.
update events r set body = null
from events o
where r.user_id = $1 and r.replay_of = o.id and r.body is not null and o.body is null
