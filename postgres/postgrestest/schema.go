// Package postgrestest gives each test a schema, or a database, of its own in a
// real PostgreSQL.
package postgrestest

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
)

// URL returns a URL of the database in DATABASE_URL whose search_path is a fresh
// and empty schema. The schema is dropped, with all that is in it, when the test
// ends. A missing DATABASE_URL fails the test.
func URL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("DATABASE_URL")
	if base == "" {
		t.Fatal("DATABASE_URL is not set: run make test")
	}
	schema := "test_" + strings.ToLower(rand.Text())
	execute(t, base, "create schema "+schema)
	t.Cleanup(func() { execute(t, base, "drop schema "+schema+" cascade") })
	return With(t, base, "search_path", schema)
}

// Database returns a URL of a fresh and empty database on the server in
// DATABASE_URL, for tests that change settings of their database, and its name. It
// is dropped when the test ends. A missing DATABASE_URL fails the test.
func Database(t testing.TB) (url, name string) {
	t.Helper()
	base := os.Getenv("DATABASE_URL")
	if base == "" {
		t.Fatal("DATABASE_URL is not set: run make test")
	}
	name = "test_" + strings.ToLower(rand.Text())
	execute(t, base, "create database "+name)
	t.Cleanup(func() { execute(t, base, "drop database "+name+" with (force)") })
	return With(t, base, "dbname", name), name
}

// With returns the URL, or keyword string, with a parameter set.
func With(t testing.TB, base, parameter, value string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil || u.Scheme == "" {
		return fmt.Sprintf("%s %s=%s", base, parameter, value)
	}
	if parameter == "dbname" {
		u.Path = "/" + value
		return u.String()
	}
	q := u.Query()
	q.Set(parameter, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func execute(t testing.TB, base, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatalf("connect to the database in DATABASE_URL: %v", err)
	}
	defer conn.Close(ctx) // nothing is lost when closing fails
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
