-- For the rest of the transaction: indexes are read in their order.
select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)
