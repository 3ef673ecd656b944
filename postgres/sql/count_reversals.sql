-- Other users newly reversed in the last hour. A statement of its own: it sees what
-- was committed before the alarm's lock was got.
select count(*) from onboardings
where reversed_at > statement_timestamp() - interval '1 hour' and user_id <> $1
