insert into policies (hash, text) values ($1, $2) on conflict (hash) do nothing
