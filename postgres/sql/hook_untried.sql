-- A probe that sent nothing after all: another may be made at once.
update hooks set next_probe = clock_timestamp() where name = $1 and failing_from is not null
