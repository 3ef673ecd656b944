package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"admit/onboarding"
)

var (
	sqlAccept          = statement("accept")
	sqlAcceptMalformed = statement("accept_malformed")
)

// maxWord bounds the name of a provider or a route, and what the log and the
// ledger keep of a code, in bytes.
const maxWord = 100

// flush stores a batch and answers its callers. A batch that is refused for its
// data is cut in halves until the events that are refused stand alone.
func (a *acceptor) flush(batch []*waiting) error {
	ids, err := a.store(batch)
	switch {
	case err == nil:
		for i, w := range batch {
			w.done <- accepted{id: ids[i]}
		}
	case !errors.Is(err, onboarding.ErrData):
		for _, w := range batch {
			w.done <- accepted{err: err}
		}
	case len(batch) > 1:
		half := len(batch) / 2
		return errors.Join(a.flush(batch[:half]), a.flush(batch[half:]))
	default:
		batch[0].done <- accepted{err: a.keepRefused(batch[0].event, err)}
	}
	return err
}

// store appends the events in one statement, which is one transaction and one
// round trip, and returns their IDs in the order of the batch.
func (a *acceptor) store(batch []*waiting) ([]int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	users, providers, routes := make([]string, len(batch)), make([]string, len(batch)), make([]string, len(batch))
	bodies := make([][]byte, len(batch))
	for i, w := range batch {
		users[i], providers[i], routes[i] = w.event.UserID, w.event.Provider, w.event.Route
		bodies[i] = notNull(w.event.Body)
	}
	ids := make([]int64, len(batch))
	var ord, id int64
	insert := func() error {
		rows, err := a.pool.Query(ctx, sqlAccept, users, providers, routes, bodies)
		if err != nil {
			return err
		}
		stored, err := pgx.ForEachRow(rows, []any{&ord, &id}, func() error {
			ids[ord-1] = id
			return nil
		})
		if err == nil && stored.RowsAffected() != int64(len(batch)) {
			return fmt.Errorf("%d of %d events were stored", stored.RowsAffected(), len(batch))
		}
		return err
	}
	err := insert()
	if err != nil && pgconn.SafeToRetry(err) && ctx.Err() == nil {
		// Nothing was sent: the connection had died while it lay in the pool.
		err = insert()
	}
	return ids, translated(err)
}

// keepRefused keeps an event that the database refuses as malformed and returns
// what its caller is told.
func (a *acceptor) keepRefused(e onboarding.Event, refusal error) error {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	if _, err := a.pool.Exec(ctx, sqlAcceptMalformed, malformed(e)...); err != nil {
		return fmt.Errorf("keep a refused event: %w", translated(err))
	}
	a.opts.Logger.WarnContext(ctx, "the database refuses an event; it is kept as malformed",
		"provider", clean(e.Provider, maxWord), "route", clean(e.Route, maxWord), "error", refusal)
	return refusal
}

// AcceptMalformed stores an event of an authenticated sender that cannot be
// folded, to be looked at. The UserID is kept where it is usable; the body always
// is. The wait is at most 3 seconds; ErrUnavailable is as Accept has it.
func (s *Store) AcceptMalformed(ctx context.Context, e onboarding.Event) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	return wrap("accept a malformed event", s.accepts.keep(ctx, e))
}

// keep stores an event as malformed, one at a time: however many there are, the
// flushers have their connections.
func (a *acceptor) keep(ctx context.Context, e onboarding.Event) error {
	select {
	case a.keeping <- struct{}{}:
		defer func() { <-a.keeping }()
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := a.pool.Exec(ctx, sqlAcceptMalformed, malformed(e)...)
	return err
}

// malformed returns the arguments that store an event as malformed, whatever is
// in it.
func malformed(e onboarding.Event) []any {
	user := e.UserID
	if onboarding.CheckUserID(user) != nil {
		user = ""
	}
	return []any{user, clean(e.Provider, maxWord), clean(e.Route, maxWord), notNull(e.Body)}
}

// notNull returns a body that is not null, for null means erased.
func notNull(body []byte) []byte {
	if body == nil {
		return []byte{}
	}
	return body
}
