package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Admit's own log holds the time at which a fold began to decide. What is
// measured is later: a constraint trigger that is deferred to the commit notes
// the time when all has been written. The trigger costs Admit a little.
const stampTables = `
create schema bench;
create unlogged table bench.folded (event_id bigint primary key, at timestamptz not null);
create function bench.stamp() returns trigger language plpgsql as $$
begin
    insert into bench.folded values (new.event_id, clock_timestamp());
    return null;
end
$$;
create constraint trigger bench_stamp after insert on log deferrable initially deferred
    for each row when (new.event_id is not null) execute function bench.stamp();`

// Stamp has the times of folds noted in Admit's database, until Unstamp.
func (d *Database) Stamp(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, stampTables); err != nil {
		return fmt.Errorf("note when events are folded: %w", err)
	}
	return nil
}

// Unstamp undoes Stamp.
func (d *Database) Unstamp(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, `drop trigger bench_stamp on log; drop schema bench cascade`); err != nil {
		return fmt.Errorf("end noting when events are folded: %w", err)
	}
	return nil
}

// Folded returns when the webhooks of the given number and above were folded, by
// number.
func (d *Database) Folded(ctx context.Context, from int64) (map[int64]time.Time, error) {
	rows, err := d.pool.Query(ctx, `select e.body, f.at from bench.folded f join events e on e.id = f.event_id`)
	if err != nil {
		return nil, fmt.Errorf("read when events were folded: %w", err)
	}
	return collect(rows, from, func(row pgx.CollectableRow) (n int64, at time.Time, err error) {
		var body []byte
		if err := row.Scan(&body, &at); err != nil {
			return 0, at, err
		}
		var fields struct {
			Number int64 `json:"benchmark"`
		}
		err = json.Unmarshal(body, &fields)
		return fields.Number, at, err
	})
}

// Signalled returns when the rows of the given number and above were inserted, by
// number.
func (d *Database) Signalled(ctx context.Context, from int64) (map[int64]time.Time, error) {
	rows, err := d.pool.Query(ctx, `select number, at from signalled where number >= $1`, from)
	if err != nil {
		return nil, fmt.Errorf("read when rows were inserted: %w", err)
	}
	return collect(rows, from, func(row pgx.CollectableRow) (n int64, at time.Time, err error) {
		err = row.Scan(&n, &at)
		return n, at, err
	})
}

func collect(rows pgx.Rows, from int64, read func(pgx.CollectableRow) (int64, time.Time, error)) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	defer rows.Close()
	for rows.Next() {
		n, at, err := read(rows)
		if err != nil {
			return nil, fmt.Errorf("read the database's times: %w", err)
		}
		if n >= from {
			out[n] = at
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the database's times: %w", err)
	}
	return out, nil
}

// Waiting returns how many of Admit's events are not folded yet.
func (d *Database) Waiting(ctx context.Context) (int64, error) {
	var n int64
	if err := d.pool.QueryRow(ctx, `select count(*) from inbox`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}
