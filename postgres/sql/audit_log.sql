-- The log rows up to a time that matter for how the user stood then: of each field
-- the last one that changed it, and all that changed the proposals or an override. A
-- clock that was set back does not hide a row that a later one rests on.
with last as materialized (
    select max(seq) as seq from log where user_id = $1 and at <= $2
), wanted as materialized (
    select max(l.seq) as seq
    from log l cross join last cross join lateral (select c ->> 'path' as path from jsonb_array_elements(l.changes) c) named
    where l.user_id = $1 and l.seq <= last.seq
    group by path, case when path = 'proposals' or path like '%.override' then l.seq end
)
select seq, changes from log
where user_id = $1 and seq = any (array(select seq from wanted))
order by seq
