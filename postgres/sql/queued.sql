select target, lane, count(*), min(created), now() from effects
where state = 'waiting'
group by target, lane
