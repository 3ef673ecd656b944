package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"admit/cmd/bench/internal/child"
)

// Cost is what the server has spent so far; the difference of two counts.
type Cost struct {
	WAL int64         // bytes written ahead, by the whole server
	CPU time.Duration // by the server's processes for this database; -1 where it cannot be told
}

// Since returns what was spent after an earlier reading.
func (c Cost) Since(before Cost) Cost {
	cost := Cost{WAL: c.WAL - before.WAL, CPU: -1}
	if c.CPU >= 0 && before.CPU >= 0 {
		cost.CPU = c.CPU - before.CPU
	}
	return cost
}

// Cost reads what the server has spent. A process of the server's that ends
// between two readings takes its time with it; the connections that are measured
// are kept open.
func (d *Database) Cost(ctx context.Context) (Cost, error) {
	var c Cost
	if err := d.pool.QueryRow(ctx, `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`).Scan(&c.WAL); err != nil {
		return c, fmt.Errorf("read what PostgreSQL wrote: %w", err)
	}
	rows, err := d.pool.Query(ctx, `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	if err != nil {
		return c, fmt.Errorf("read PostgreSQL's processes: %w", err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return c, fmt.Errorf("read PostgreSQL's processes: %w", err)
	}
	for _, pid := range pids {
		took, err := child.CPU(pid)
		if err != nil || !isPostgres(pid) {
			return Cost{WAL: c.WAL, CPU: -1}, nil // it runs on another machine
		}
		c.CPU += took
	}
	return c, nil
}

// isPostgres says whether a process of this machine is a PostgreSQL, so that the
// processes of a server elsewhere are not mistaken for ones of here.
func isPostgres(pid int) bool {
	name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	return err == nil && bytes.HasPrefix(name, []byte("postgres"))
}
