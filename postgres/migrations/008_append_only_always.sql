-- A plain trigger is silent where a session says that it replicates, as restoring
-- tools and logical replication do. These speak always: only who owns the tables can
-- still take them away.
alter table log enable always trigger log_is_append_only;
alter table policies enable always trigger policies_are_append_only;
alter table events enable always trigger events_are_append_only;
alter table events enable always trigger events_can_be_erased;
