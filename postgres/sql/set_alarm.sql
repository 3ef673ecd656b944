update alarms set told = clock_timestamp() where name = $1
