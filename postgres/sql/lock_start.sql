-- Held until the transaction ends: two starts of one user come one after the other.
select pg_advisory_xact_lock(hashtextextended('start/' || $1::text, 0))
