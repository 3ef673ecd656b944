-- Whether events are left to fold, and whether access was given up on at targets that
-- are configured here, which is rare and then read by itself.
select exists (select from inbox where user_id = $1),
    exists (
        select from unnest($2::text[]) as known (target) cross join lateral (
            select from effects
            where target = known.target and user_id = $1 and lane = 'access' and state = 'parked' offset 0
        ) given_up
    )
