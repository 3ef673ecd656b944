-- How it goes with the merchant's systems. A row is made at the first attempt, and
-- written to when something changes: many senders share it.
create table hooks (
    name           text primary key,                -- of the target
    failures       integer not null default 0,      -- failed attempts since the last delivery
    failed_since   timestamptz,                     -- the first of them
    failing_from   timestamptz,                     -- when it was found to be failing; null while it works
    next_probe     timestamptz,                     -- of a failing one: when one attempt may be made
    last_answer    text not null default '',
    last_delivered timestamptz,                     -- to the minute
    constraint hooks_failing check (failing_from is null or failed_since is not null and next_probe is not null)
);

-- Who had an effect sent again, or sent to a hook that is new, and why. Its age
-- counts from then.
alter table effects add column replayed_by text not null default '';
alter table effects add column replayed_at timestamptz;
alter table effects add column replay_reason text not null default '';

-- Messages to the user have a lane of their own: they may have to wait for the morning.
alter table effects drop constraint effects_lane;
alter table effects add constraint effects_lane check (lane in ('access', 'rest', 'notify'));

-- What waits is counted by target and lane.
drop index effects_oldest;
create index effects_queued on effects (target, lane, created) where state = 'waiting';

-- What was given up on is listed by target. A message to a user without a contact is
-- nothing that could be sent again.
drop index effects_parked;
create index effects_parked on effects (target, id) where state = 'parked' and last_answer <> 'no contact';
