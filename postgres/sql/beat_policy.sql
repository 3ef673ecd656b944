-- $4: since when the process that beats has known its policy to be alive, null for
-- one that never beat. A policy that is not alive is so from now on, unless that
-- process has lived through the gap.
with beaten as (
    insert into policy_beats as b (hash, since, alive_until)
    values ($1, coalesce($4::timestamptz, $2), $2::timestamptz + $3::interval)
    on conflict (hash) do update set
        since = case when b.alive_until > $2 then b.since else excluded.since end,
        alive_until = greatest(b.alive_until, excluded.alive_until)
    returning hash, since, alive_until
)
select hash, since, alive_until from beaten
union all
select hash, since, alive_until from policy_beats where hash <> $1 and alive_until > $2
