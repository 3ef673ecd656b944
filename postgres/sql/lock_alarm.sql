-- Locks the alarm until the transaction ends and gives a row, unless somebody was
-- told in the last hour: then there is nothing to judge, and nobody waits. Who froze
-- while he holds the lock is cut off soon, for others wait with revokes.
select set_config('idle_in_transaction_session_timeout', '2s', true) from alarms
where name = $1 and (told is null or told <= statement_timestamp() - interval '1 hour')
for no key update
