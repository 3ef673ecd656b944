-- A replay holds a copy of the body, folded or not. A statement of its own, after
-- the originals: a replay that was being stored meanwhile held its original's row
-- (replay.sql), so it is committed by now, and seen.
update events r set body = null
from events o
where o.id = any (array(
        select event_id from log where user_id = $1 and event_id is not null
        union all
        select id from events where user_id = $1 and malformed))
  and r.replay_of = o.id and r.body is not null and o.body is null
