-- Walks the inbox from its oldest row and keeps each user's first one.
select i.user_id from inbox i
where i.received < statement_timestamp() - $1::interval
  and not exists (select from inbox j where j.user_id = i.user_id and j.event_id < i.event_id)
order by i.received, i.event_id
limit $2
