select name, failures, failed_since, failing_from, next_probe, last_answer, last_delivered
from hooks where name = any ($1::text[])
