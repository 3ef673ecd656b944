-- An effect's age counts from when it was decided, or from when it was last sent again.
-- So do the indexes by which the oldest is found.
drop index effects_queued;
create index effects_queued on effects (target, lane, greatest(created, replayed_at)) where state = 'waiting';

drop index effects_revokes;
create index effects_revokes on effects (greatest(created, replayed_at)) where state = 'waiting' and name = 'access.revoked';

drop index effects_asks;
create index effects_asks on effects (greatest(created, replayed_at)) where state = 'waiting' and name in ('ask.p100', 'ask.xgateway');
