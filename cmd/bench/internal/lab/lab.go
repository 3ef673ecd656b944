// Package lab makes the databases that a run measures in, and reads what it needs
// out of them: when events were folded, and what storing them cost PostgreSQL.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Server is a PostgreSQL server with databases that are this run's own.
type Server struct {
	url    *url.URL
	admin  *pgxpool.Pool
	prefix string
	made   []*Database
}

// Database is one of them.
type Database struct {
	URL  string
	name string
	pool *pgxpool.Pool
}

// Open connects to the server of a database URL. The names of the run's databases
// begin with prefix.
func Open(ctx context.Context, databaseURL, prefix string) (*Server, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return nil, errors.New("DATABASE_URL must be a postgres:// URL") // it may hold a password
	}
	admin, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be read")
	}
	if err := admin.Ping(ctx); err != nil {
		admin.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	return &Server{url: u, admin: admin, prefix: prefix}, nil
}

// Close drops the run's databases.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	for _, d := range s.made {
		d.pool.Close()
		if _, err := s.admin.Exec(ctx, "drop database "+quoted(d.name)+" with (force)"); err != nil {
			errs = append(errs, fmt.Errorf("drop a database: %w", err))
		}
	}
	s.admin.Close()
	return errors.Join(errs...)
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// Create makes a database.
func (s *Server) Create(ctx context.Context, name string) (*Database, error) {
	name = s.prefix + name
	if _, err := s.admin.Exec(ctx, "create database "+quoted(name)); err != nil {
		return nil, fmt.Errorf("create a database: %w", err)
	}
	u := *s.url
	u.Path = "/" + name
	d := &Database{URL: u.String(), name: name}
	pool, err := pgxpool.New(ctx, d.URL)
	if err != nil {
		return nil, fmt.Errorf("open a database: %w", err)
	}
	d.pool = pool
	s.made = append(s.made, d)
	return d, nil
}

// Settings says what the server is and how far its commits are to be trusted.
type Settings struct {
	Version, Fsync, SynchronousCommit string
}

// Durable says whether a commit survives a loss of power.
func (s Settings) Durable() bool { return s.Fsync == "on" && s.SynchronousCommit == "on" }

// Settings reads the server's settings.
func (s *Server) Settings(ctx context.Context) (Settings, error) {
	var out Settings
	err := s.admin.QueryRow(ctx, `select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')`).
		Scan(&out.Version, &out.Fsync, &out.SynchronousCommit)
	if err != nil {
		return out, fmt.Errorf("read PostgreSQL's settings: %w", err)
	}
	return out, nil
}

const baselineTables = `
create table stored (
    id       bigint generated always as identity primary key,
    user_id  text not null,
    body     bytea not null,
    received timestamptz not null default now()
);
create table signalled (
    number bigint primary key,
    at     timestamptz not null
);`

// PrepareBaseline makes the baselines' two tables.
func (d *Database) PrepareBaseline(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, baselineTables); err != nil {
		return fmt.Errorf("make the baselines' tables: %w", err)
	}
	return nil
}
