-- What is parked in an access lane is counted at each scrape, among many parked
-- messages.
create index effects_parked_access on effects (id) where state = 'parked' and lane = 'access';
