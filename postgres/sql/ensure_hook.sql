-- Makes the row of a hook; writes nothing when it exists.
insert into hooks (name)
select $1::text where not exists (select from hooks where name = $1)
on conflict (name) do nothing
