-- Held until the transaction ends: imports come one after the other.
select pg_advisory_xact_lock(hashtextextended('import', 0))
