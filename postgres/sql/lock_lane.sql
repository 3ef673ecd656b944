-- Held until the transaction ends: senders take from one lane one after the other.
-- The lock is this schema's.
select pg_advisory_xact_lock(hashtextextended(current_schema() || '/lane/' || $1::text || '/' || $2::text || '/' || $3::text, 0))
