package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"admit/onboarding"
)

// wrap says what was being done and gives the error the sentinel that callers
// branch on. It returns nil for nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, translated(err))
}

// translated gives an error of the driver the sentinel it stands for, and
// returns every other as it is.
func translated(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, onboarding.ErrUnavailable), errors.Is(err, onboarding.ErrData),
		errors.Is(err, onboarding.ErrNotFound), errors.Is(err, onboarding.ErrConflict),
		errors.Is(err, onboarding.ErrNoEvent), errors.Is(err, onboarding.ErrNotReplayable):
		return err
	case passes(err):
		return fmt.Errorf("%w: %w", onboarding.ErrUnavailable, err)
	case refusesData(err):
		// The server's words may quote the data, so only its code goes on.
		return fmt.Errorf("%w: %s", onboarding.ErrData, sqlState(err))
	}
	var pg *pgconn.PgError
	switch {
	case !errors.As(err, &pg):
		return err
	case strings.HasPrefix(pg.Code, "42"): // names of tables and columns, no data
		return fmt.Errorf("the database refuses the statement: %s: %s", pg.Code, pg.Message)
	}
	return fmt.Errorf("the database refuses the statement: %s", pg.Code)
}

// sqlState returns the server's code for the error, "" when it is not the
// server's.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// passes says whether the failure may pass by itself: nothing is wrong with what
// was asked, only with the moment.
func passes(err error) bool {
	if code := sqlState(err); code != "" {
		return passingState(code)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, puddle.ErrClosedPool) || pgconn.SafeToRetry(err)
}

// passingState says whether a code of the server tells of its own trouble.
func passingState(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", "53": // connection; too many connections, memory, disk
		return true
	}
	switch code {
	case "57P01", "57P02", "57P03", "57P05", // shut down, crashed, starting, idle too long
		"57014", "55P03", "25P03", "25P04", // cancelled, lock, transaction left idle or open too long
		"40001", "40P01", "40003", // serialization, deadlock, completion unknown
		stateReadOnly, "58030": // a standby after a failover; input or output
		return true
	}
	return false
}

// refusesData says whether the database will never take this data: a value it
// cannot hold, or a rule of the schema.
func refusesData(err error) bool {
	code := sqlState(err)
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23")
}
