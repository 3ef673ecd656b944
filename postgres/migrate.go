package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
)

// versionTable holds the number of the last migration. It stands in the first
// schema of the search path, like every other table.
const versionTable = "schema_version"

// ErrSchema means that the database was not migrated as far as this build needs.
var ErrSchema = errors.New("the database schema is older than this build: run admit migrate")

// Migrate brings the schema up to date. Forward only; several at once wait for
// each other. It takes as long as it takes: ctx is the only limit.
func (s *Store) Migrate(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return wrap("migrate", err)
	}
	defer conn.Release()
	return wrap("migrate", s.migrate(ctx, conn))
}

func (s *Store) migrate(ctx context.Context, conn *pgxpool.Conn) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	m, err := migrate.NewMigrator(ctx, conn.Conn(), versionTable)
	if err != nil {
		return err
	}
	if err := m.LoadMigrations(files); err != nil {
		return err
	}
	m.OnStart = func(number int32, name, _, _ string) {
		s.log.InfoContext(ctx, "migrating the database", "number", number, "name", name)
	}
	return m.Migrate(ctx)
}

// CheckSchema returns ErrSchema when migrations of this build are missing. A
// schema newer than this build is no error: the process may be the older one of a
// rollout. It is what readiness asks, so a server that cannot be written to is
// ErrUnavailable.
func (s *Store) CheckSchema(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("check the schema: %w", err)
	}
	return wrap("check the schema", s.onConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		if err := s.writable(ctx, c); err != nil {
			return err
		}
		var exists bool
		if err := c.QueryRow(ctx, "select to_regclass($1) is not null", versionTable).Scan(&exists); err != nil {
			return err
		}
		version := 0
		if exists {
			if err := c.QueryRow(ctx, "select version from "+versionTable).Scan(&version); err != nil {
				return err
			}
		}
		if version < len(files) {
			return fmt.Errorf("%w (at %d of %d)", ErrSchema, version, len(files))
		}
		return nil
	}))
}
