-- What every log row up to a time changed. A clock that was set back does not hide
-- a row that a later one rests on.
select seq, changes from log
where user_id = $1 and changes <> '[]'
  and seq <= (select max(seq) from log where user_id = $1 and at <= $2)
order by seq
