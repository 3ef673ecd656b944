-- Held until the transaction ends: senders take from one lane one after the other.
select pg_advisory_xact_lock(hashtextextended('lane/' || $1::text || '/' || $2::text || '/' || $3::text, 0))
