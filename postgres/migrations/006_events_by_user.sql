-- An event of a user is in the inbox until it is folded and in the log from then on,
-- and both know their users. An index of all events by user says it a third time: it
-- made up a fifth of what storing a webhook wrote, at random places of an index that
-- grows for ever. (A process of a build from before this reads a user's events slowly,
-- until it is replaced.)
drop index events_by_user;
