-- Which policies are alive: each process that folds says so of its own, again and
-- again. A row is made at the first time and written to for as long as a process has
-- the policy; since then gives the policies an order.
create table policy_beats (
    hash        text primary key,
    since       timestamptz not null,               -- when it came alive, with no gap since
    alive_until timestamptz not null                -- unless it beats again
);
