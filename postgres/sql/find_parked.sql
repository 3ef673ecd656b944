-- What was given up on at a target, oldest first: all of it but what was sent again
-- in the last minute ($2 is empty), or the given ones. A message to a user without a
-- contact is nothing that could be sent again. Of the order see failed_effects.sql.
(select id, user_id from effects
 where cardinality($2::bigint[]) = 0 and (target, id) > ($1, 0) and target <= $1 and state = 'parked' and last_answer <> 'no contact'
   and (replayed_at is null or replayed_at < statement_timestamp() - interval '1 minute')
 order by target, id limit $3)
union all
(select e.id, e.user_id from effects e
 where cardinality($2::bigint[]) > 0 and e.id = any ($2::bigint[]) and e.target = $1 and e.state = 'parked'
   and (e.last_answer <> 'no contact' or exists (select from contacts c where c.user_id = e.user_id))
 order by e.id limit $3)
