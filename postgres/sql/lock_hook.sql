select from hooks where name = $1 for no key update
