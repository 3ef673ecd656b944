-- What is committed is on disk, also where the database or the role is set not to wait
-- for it. The session keeps what it has when the server's setting is changed.
select set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false)
