package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// Bounds of one Advance. What is left is said in Advanced.More.
const (
	maxEvents    = 200 // events folded
	maxDeadlines = 100 // deadlines folded
)

var (
	sqlEnsureOnboarding = statement("ensure_onboarding")
	sqlLockOnboarding   = statement("lock_onboarding")
	sqlClock            = statement("clock")
	sqlTakeInbox        = statement("take_inbox")
	sqlLeftOver         = statement("left_over")
	sqlWaitingEffects   = statement("waiting_effects")
	sqlParkedAccess     = statement("parked_access")
)

// Advance folds what waits for a user, and then what is due, into the user's
// state, log and effects, in one transaction, and returns what the workflow needs
// to go on. Calls for one user come one after the other; each input is folded
// exactly once, whatever dies in between, and a call that finds nothing to do
// writes nothing and answers the same again.
//
// At most 200 events are folded in a call. While there are more (More), nothing
// that is due is judged, so that a report that came in time wins.
//
// Effects that wait for a target that is not configured are parked when they have
// waited for 10 minutes. Until then their lanes are not among those answered, for
// nobody here could say how to serve them, and the Deadline is at most 30 seconds
// ahead: by then another process may answer that knows the target. So may one later:
// what was parked for that alone in an access lane is sent by a process that knows the
// target, unless it is overtaken (see ReplayEffects).
//
// Who was told of this user's access is told of each change of it, also where this
// process does not know the target. A target that it has, but for no access.*, is told
// that the user is shut out where it heard last that the user is let in.
//
// Where the row's policy is another than this process's, that is the first thing
// folded: the user is judged anew, by this process's policy. Two processes of
// different policies, as in a rollout, would do so in turns for ever. So policies have
// an order (see Beat), and a process leaves alone whom one with a newer policy has
// judged, for as long as that policy is alive: nothing is folded, and the Deadline is
// that of the newer policy. What cannot wait is folded as ever, by whoever comes: an
// event that was accepted, and what is due by the newer policy. The row is this
// process's then, until one with the newer policy touches it.
//
// Whose policy a row has converges always: a policy whose processes are gone is not
// alive after 30 seconds, and nobody is left to it; one that is rolled back to after
// that starts anew and is the newer; and a process that has never beaten leaves nobody
// alone. Who is left alone costs a round trip more.
//
// What was decided meanwhile does not converge. Whom a process of the older policy
// approves, by what could not wait, is approved under the newer one, too, unless
// approval is lost by it: what lies between keeps an approved user approved, as where
// a policy grew stricter. And what went out went out.
//
// A fold that newly reverses the user takes a round trip more where the policy
// calls a person when too many are: it waits for others that do so (see surge).
//
// A user of whom nothing was ever accepted is Done and left without a trace.
func (s *Store) Advance(ctx context.Context, req onboarding.AdvanceRequest) (onboarding.Advanced, error) {
	var f *fold
	var answer onboarding.Advanced
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		read, err := s.read(ctx, conn, req.UserID)
		if err != nil {
			return err
		}
		if !read.known {
			answer = onboarding.Advanced{Summary: newUser(req.UserID).Summary(), Done: true}
			return nil
		}
		if err := s.leave(ctx, conn, &read); err != nil {
			return err
		}
		f = s.fold(read, onboarding.Surge{})
		if f.reversed && s.opts.Policy.ReversalsPerHour > 0 {
			surge, err := s.surge(ctx, conn, req.UserID)
			if err != nil {
				return err
			}
			f = s.fold(read, surge)
		}
		answer, err = s.write(ctx, conn, f, req)
		return err
	})
	if err != nil {
		return onboarding.Advanced{}, wrap("advance", err)
	}
	if f != nil && s.opts.OnFold != nil {
		for _, l := range f.logs {
			s.opts.OnFold(l.kind, l.outcome, f.now.Sub(l.queued))
		}
	}
	return answer, nil
}

// newUser is how a user stands before the first fold.
func newUser(userID string) onboarding.State {
	return onboarding.State{
		UserID: userID, Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone,
	}
}

// work is what waits for a user, read under the lock of the user's row.
type work struct {
	known   bool // there is a row: something was accepted at some time
	state   onboarding.State
	lastSeq int64 // 0 for a user whom nobody has folded
	events  int64
	now     time.Time
	contact time.Time // when the user's contact was given; zero for none
	inbox   []inboxEvent
	more    bool // events are left beside these
	waiting []waitingEffect
	parked  []parkedEffect // in access lanes, for want of a target that is configured here
	left    bool           // the user is left to the processes of a newer policy
	nextDue *time.Time     // of one who is left: when something is due by that policy, nil for never
}

// waitingEffect is an effect that waits in the ledger.
type waitingEffect struct {
	id     int64
	target string
	name   string
	about  string

	created  time.Time
	inFlight bool // a sender has it
}

// read opens the transaction, locks the user and takes what waits: one round trip, and
// another where access was given up on. The lock is a statement before the others, for
// a statement that locks and reads sees what was there before it got the lock.
func (s *Store) read(ctx context.Context, conn *pgxpool.Conn, userID string) (work, error) {
	w := work{state: onboarding.State{UserID: userID}}
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(sqlEnsureOnboarding, userID)
	b.Queue(sqlLockOnboarding, userID).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&w.state, &w.lastSeq, &w.events}, func() error {
			w.known = true
			return nil
		})
		return err
	})
	var contact *time.Time
	b.Queue(sqlClock, userID).QueryRow(func(row pgx.Row) error { return row.Scan(&w.now, &contact) })
	b.Queue(sqlTakeInbox, userID, maxEvents).Query(func(rows pgx.Rows) (err error) {
		w.inbox, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e inboxEvent, err error) {
			err = row.Scan(&e.ID, &e.Provider, &e.Route, &e.Body, &e.Received, &e.queued, &e.replayOf, &e.actor, &e.overtaken)
			return e, err
		})
		return err
	})
	var parked bool
	b.Queue(sqlLeftOver, userID, s.names).QueryRow(func(row pgx.Row) error { return row.Scan(&w.more, &parked) })
	b.Queue(sqlWaitingEffects, userID).Query(func(rows pgx.Rows) (err error) {
		w.waiting, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e waitingEffect, err error) {
			err = row.Scan(&e.id, &e.target, &e.name, &e.about, &e.created, &e.inFlight)
			return e, err
		})
		return err
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return work{}, err
	}
	if parked && !s.opts.Shadow {
		rows, err := conn.Query(ctx, sqlParkedAccess, userID, s.names)
		if err != nil {
			return work{}, err
		}
		w.parked, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p parkedEffect, err error) {
			err = row.Scan(&p.id, &p.target, &p.name, &p.access, &p.newer)
			return p, err
		})
		if err != nil {
			return work{}, err
		}
	}
	if contact != nil {
		w.contact = *contact
	}
	w.state.UserID = userID
	w.now = s.opts.Clock(w.now).UTC().Truncate(time.Microsecond)
	return w, nil
}
