-- Until when a target is taken to be some process's: each says so of those that it tells
-- of access, again and again. What is removed from every configuration is nobody's by
-- then, and is not told of what is decided later.
alter table hooks add column known_until timestamptz;
update hooks set known_until = now() + interval '24 hours';
