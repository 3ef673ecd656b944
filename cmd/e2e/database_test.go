package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// queryTime bounds each look into the tables.
const queryTime = 20 * time.Second

// newDatabase creates an empty database in the server at DATABASE_URL and
// returns its URL. It is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	name := "e2e_" + strings.ToLower(rand.Text()[:12])
	server := os.Getenv("DATABASE_URL")
	execute(t, server, "create database "+name)
	t.Cleanup(func() { execute(t, server, "drop database "+name+" with (force)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("DATABASE_URL is no URL: run make test")
	}
	u.Path = "/" + name
	return u.String()
}

// execute runs one statement on a connection of its own.
func execute(t *testing.T, database, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), queryTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx) // the statement has succeeded or the test has failed
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// newPool opens a small pool to a database; it connects when it is first used.
func newPool(t *testing.T, database string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// query returns the rows of a query, each scanned by the fields' names in order.
func query[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []T {
	t.Helper()
	rows, err := tryQuery[T](pool, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func tryQuery[T any](pool *pgxpool.Pool, sql string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), queryTime)
	defer cancel()
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return found, nil
}

// count returns the one number that a query gives.
func count(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) int64 {
	t.Helper()
	n, err := tryCount(pool, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tryCount(pool *pgxpool.Pool, sql string, args ...any) (n int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), queryTime)
	defer cancel()
	if err := pool.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", sql, err)
	}
	return n, nil
}
