-- Held until the transaction ends: two starts of one user come one after the other.
-- The lock is this schema's.
select pg_advisory_xact_lock(hashtextextended(current_schema() || '/start/' || $1::text, 0))
