-- User IDs are compared byte by byte (collate "C"), so that pages of a list have
-- one order whatever the database's own collation is.
--
-- No table references another. A foreign key would lock and rewrite the row it
-- points at: to onboardings it would make accepting wait behind a user's fold, to
-- events it would write every event a second time.

-- Everything that ever came from outside. Append-only: the one change allowed is
-- erasing a body.
create table events (
    id         bigint generated always as identity (cache 1) primary key, -- the order
    user_id    text collate "C" not null,
    provider   text not null,
    route      text not null,
    body       bytea,                               -- null when erased
    received   timestamptz not null default now(),
    request_id text,                                -- of commands
    replay_of  bigint,                              -- the event whose body and received time this one folds again
    actor      text not null default '',            -- of replays: who asked for it
    malformed  boolean not null default false,      -- kept to be looked at, never folded
    constraint events_user_id check (malformed or octet_length(user_id) between 1 and 255)
);

create index events_by_user on events (user_id, id);
create unique index events_request on events (user_id, request_id) where request_id is not null;
create index events_malformed on events (id) where malformed;
create index events_replays on events (replay_of, id) where replay_of is not null;

-- What is not folded yet.
create table inbox (
    user_id  text collate "C" not null,
    event_id bigint not null,
    received timestamptz not null,
    primary key (user_id, event_id)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

create index inbox_by_received on inbox (received, event_id);

-- One row per user: the state, and in columns what lists and sweeps look for.
create table onboardings (
    user_id        text collate "C" primary key,
    state          jsonb not null default '{}',
    stage          text not null default 'collecting',
    blocked_on     text not null default 'user',
    stalled        boolean not null default false,
    reversed       boolean not null default false,
    access         text not null default 'none',
    access_version bigint not null default 0,
    version        bigint not null default 0,
    last_seq       bigint not null default 0,       -- number of the last log row
    events         bigint not null default 0,       -- providers' events folded
    started_at     timestamptz not null default now(),
    stage_since    timestamptz not null default now(),
    next_deadline  timestamptz,
    policy_hash    text not null default ''
);

create index onboardings_by_stage on onboardings (stage, user_id);
create index onboardings_by_blocked_on on onboardings (blocked_on, user_id);
create index onboardings_stalled on onboardings (user_id) where stalled;
create index onboardings_by_deadline on onboardings (next_deadline) where next_deadline is not null;

-- The audit: one row per input, numbered per user without gaps. Append-only.
create table log (
    user_id     text collate "C" not null,
    seq         bigint not null check (seq > 0),
    event_id    bigint unique,                      -- null for deadlines and policies
    input       text not null,
    outcome     text not null,
    code        text not null default '',
    version     bigint not null,
    stage       text not null,                      -- after the input
    changes     jsonb not null,
    policy_hash text not null,
    build       text not null,
    actor       text not null default '',
    received    timestamptz not null,
    at          timestamptz not null,
    primary key (user_id, seq),
    constraint log_outcome check (outcome in
        ('applied', 'duplicate', 'late', 'held', 'unrecognised', 'refused', 'noted'))
);

create index log_unrecognised on log (event_id) where outcome = 'unrecognised';

-- The ledger of what downstream is told.
create table effects (
    id              bigint generated always as identity (cache 1) primary key, -- the order within a lane
    key             text not null unique,           -- idempotency key
    user_id         text collate "C" not null,
    target          text not null,
    lane            text not null,
    name            text not null,
    check_name      text not null default '',
    version         bigint not null,
    seq             bigint not null,                -- the log row that decided it
    payload         json not null,                  -- byte for byte what is sent
    state           text not null,
    attempts        integer not null default 0,
    refusals        integer not null default 0,     -- the definite noes among them
    last_answer     text not null default '',
    next_attempt_at timestamptz not null default clock_timestamp(),
    sender          text,                           -- who sends it, until when
    taken_until     timestamptz,
    stale_at        timestamptz not null default clock_timestamp() + interval '2 minutes', -- when a sweep rings
    created         timestamptz not null,           -- when it was decided
    done_at         timestamptz,                    -- when it was delivered, superseded or parked
    constraint effects_lane check (lane in ('access', 'rest')),
    constraint effects_state check (state in ('waiting', 'delivered', 'superseded', 'parked', 'shadow'))
) with (autovacuum_vacuum_scale_factor = 0.05);

create index effects_by_user on effects (user_id, id);
create index effects_waiting on effects (user_id, target, lane, id) where state = 'waiting';
create index effects_taken on effects (user_id, target, lane) where taken_until is not null;
create index effects_stale on effects (stale_at) where state = 'waiting';
create index effects_oldest on effects (lane, created) where state = 'waiting';
create index effects_revokes on effects (created) where state = 'waiting' and name = 'access.revoked';
create index effects_parked on effects (target) where state = 'parked';

-- The text of each policy that ever decided. Append-only.
create table policies (
    hash       text primary key,
    text       text not null,
    first_used timestamptz not null default now()
);

-- Personal data, with events.body the only place for it.
create table contacts (
    user_id   text collate "C" primary key,
    email     text not null,
    locale    text not null,
    name      text not null,
    time_zone text not null,
    updated   timestamptz not null default now()
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: the table is append-only', lower(tg_op), tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create function refuse_all_but_erasing() returns trigger language plpgsql as $$
declare
    erased events := old;
begin
    erased.body := null;
    if new is distinct from erased then
        raise exception 'update of events is refused: only a body can be erased'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger log_is_append_only before update or delete or truncate on log
    for each statement execute function refuse_change();
create trigger policies_are_append_only before update or delete or truncate on policies
    for each statement execute function refuse_change();
create trigger events_are_append_only before delete or truncate on events
    for each statement execute function refuse_change();
create trigger events_can_be_erased before update on events
    for each row execute function refuse_all_but_erasing();
