select target, count(*) from effects
where state = 'parked' and last_answer <> 'no contact'
group by target
