-- Held until the transaction ends: imports come one after the other. The lock is
-- this schema's.
select pg_advisory_xact_lock(hashtextextended(current_schema() || '/import', 0))
