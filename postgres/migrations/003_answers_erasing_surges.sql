-- What a digest collects for the reviewers waits for it, and for nothing else.
alter table effects drop constraint effects_state;
alter table effects add constraint effects_state check (state in
    ('waiting', 'delivered', 'superseded', 'parked', 'shadow', 'collected'));

create index effects_collected on effects (created, id) where state = 'collected';

-- Questions to the providers' APIs are watched by themselves.
create index effects_asks on effects (created) where state = 'waiting' and name in ('ask.p100', 'ask.xgateway');

-- When a user was last newly reversed, for counting the users of an hour.
alter table onboardings add column reversed_at timestamptz;

create index onboardings_by_reversal on onboardings (reversed_at) include (user_id) where reversed_at is not null;
create index onboardings_reversed on onboardings (user_id) where reversed;

-- When somebody was last told of what concerns all users. A row is also the lock
-- under which it is judged.
create table alarms (
    name text primary key,
    told timestamptz                                -- null for never
);

insert into alarms (name) values ('reversals.exceeded');
