package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// stateReadOnly is the server's code for a write that it cannot take now.
const stateReadOnly = "25006"

var sqlDurableCommits = statement("durable_commits")

// newPool prepares connections without making one.
func newPool(ctx context.Context, url string, conns int) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The driver's error may quote the URL, and with it a password.
		return nil, fmt.Errorf("open the store: the database URL cannot be read")
	}
	cfg.MaxConns = int32(conns)
	if cfg.ConnConfig.ValidateConnect == nil && !strings.Contains(url, "target_session_attrs") {
		// One round trip more for a new connection, none for those in the pool.
		cfg.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	resetting := resetWhenReadOnly(cfg.ConnConfig)
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > acceptTimeout {
		cfg.ConnConfig.ConnectTimeout = acceptTimeout
	}
	for name, value := range map[string]string{
		"timezone":         "UTC",
		"application_name": "admit",
		// A process that froze inside Advance must not keep its user's lock.
		"idle_in_transaction_session_timeout": callTimeout.String(),
		// Every statement has an index. A plan that was made while the inbox was
		// empty must not scan it when it is full.
		"enable_seqscan": "off",
		"jit":            "off",
	} {
		if _, set := cfg.ConnConfig.RuntimeParams[name]; !set {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	// One more: a webhook that was answered must not be lost with the server.
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
		defer cancel()
		_, err := conn.Exec(ctx, sqlDurableCommits)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", translated(err))
	}
	resetting.Store(pool)
	return pool, nil
}

// resetWhenReadOnly sees to it that a server that says it cannot be written to
// empties the pool, once it is stored in what is returned: after a failover the
// connections that are left lead to a standby, which would refuse every write for
// as long as it lives.
func resetWhenReadOnly(cfg *pgx.ConnConfig) *atomic.Pointer[pgxpool.Pool] {
	var pool atomic.Pointer[pgxpool.Pool]
	before := cfg.OnPgError
	cfg.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if p := pool.Load(); p != nil && err.Code == stateReadOnly {
			p.Reset() // closes what is idle, and what is in use when it comes back
		}
		return before == nil || before(conn, err)
	}
	return &pool
}

// writable returns ErrUnavailable when the connection leads to a server that
// cannot be written to, and empties the pool then.
func (s *Store) writable(ctx context.Context, conn *pgxpool.Conn) error {
	var readOnly bool
	if err := conn.QueryRow(ctx, "select current_setting('transaction_read_only')::boolean").Scan(&readOnly); err != nil {
		return err
	}
	if readOnly {
		s.pool.Reset()
		return fmt.Errorf("%w: the server cannot be written to", onboarding.ErrUnavailable)
	}
	return nil
}
