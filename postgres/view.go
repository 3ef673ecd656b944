package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// Limits of a page.
const (
	defaultPage = 100
	maxPage     = 500
)

var (
	sqlList         = statement("list")
	sqlViews        = statement("views")
	sqlNewestEvents = statement("newest_events")
)

// Onboarding returns one user. A user of whom nothing was folded yet shows as
// collecting with what is pending; ErrNotFound when nothing was ever accepted.
func (s *Store) Onboarding(ctx context.Context, userID string) (onboarding.Onboarding, error) {
	views, err := s.views(ctx, []string{userID})
	switch {
	case err != nil:
		return onboarding.Onboarding{}, wrap("look up an onboarding", err)
	case len(views) == 0:
		return onboarding.Onboarding{}, fmt.Errorf("look up an onboarding: %w", onboarding.ErrNotFound)
	}
	return views[0], nil
}

// List returns a page of users in the order of their IDs, byte by byte, and where
// the next page begins, "" after the last. A limit of 0 is 100, and none is above
// 500.
func (s *Store) List(ctx context.Context, f onboarding.ListFilter) ([]onboarding.Onboarding, string, error) {
	limit := pageSize(f.Limit)
	unfolded := (f.Stage == "" || f.Stage == onboarding.StageCollecting) &&
		(f.BlockedOn == "" || f.BlockedOn == onboarding.User) && (f.Stalled == nil || !*f.Stalled) && (f.Reversed == nil || !*f.Reversed)
	var ids []string
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		// Planned anew for its arguments: one plan for all filters would use no index.
		rows, err := conn.Query(ctx, sqlList, pgx.QueryExecModeCacheDescribe,
			f.After, string(f.Stage), string(f.BlockedOn), f.Stalled, limit+1, unfolded, f.Reversed)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, "", wrap("list onboardings", err)
	}
	next := ""
	if len(ids) > limit {
		ids = ids[:limit]
		next = ids[limit-1]
	}
	views, err := s.views(ctx, ids)
	return views, next, wrap("list onboardings", err)
}

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// views returns those of the users who exist, in the given order, with what the
// store alone knows of them.
func (s *Store) views(ctx context.Context, ids []string) ([]onboarding.Onboarding, error) {
	var views []onboarding.Onboarding
	var newest []onboarding.Event
	b := &pgx.Batch{}
	b.Queue(sqlViews, ids).Query(func(rows pgx.Rows) (err error) {
		views, err = pgx.CollectRows(rows, rowToView)
		return err
	})
	b.Queue(sqlNewestEvents, ids).Query(collect(&newest, rowToNewest))
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err != nil {
		return nil, err
	}
	of := map[string][]onboarding.Event{}
	for _, e := range newest {
		of[e.UserID] = append(of[e.UserID], e)
	}
	for i := range views {
		addMessages(s.opts.Decoder, &views[i], of[views[i].UserID])
	}
	return views, nil
}

func rowToView(row pgx.CollectableRow) (onboarding.Onboarding, error) {
	var userID string
	var st *onboarding.State
	var seq, events, pending int64
	var next *time.Time
	var first time.Time
	var contact bool
	if err := row.Scan(&userID, &st, &seq, &events, &next, &pending, &first, &contact); err != nil {
		return onboarding.Onboarding{}, err
	}
	if st == nil {
		unfolded := newUser(userID)
		unfolded.StartedAt, unfolded.StageSince = first.UTC(), first.UTC()
		st = &unfolded
	}
	o := st.View()
	o.Pending, o.Events, o.LastSeq, o.HasContact = pending, events, seq, contact
	if next != nil {
		due := next.UTC()
		o.NextDeadline = &due
	}
	return o, nil
}

func rowToNewest(row pgx.CollectableRow) (e onboarding.Event, err error) {
	err = row.Scan(&e.UserID, &e.ID, &e.Provider, &e.Route, &e.Body)
	return e, err
}

// addMessages adds the providers' newest free text to the checks that are shown.
func addMessages(d Decoder, o *onboarding.Onboarding, newest []onboarding.Event) {
	for check, message := range messages(d, newest) {
		if v := viewOf(&o.Checks, check); v != nil {
			v.Message = message
		}
	}
}

// messages returns the providers' free text on each check, as it can be shown: of
// the newest of a user's events that is about the check.
func messages(d Decoder, events []onboarding.Event) map[onboarding.Check]string {
	from, texts := map[onboarding.Check]int64{}, map[onboarding.Check]string{}
	for _, e := range events {
		r, err := decode(d, e)
		if err != nil || e.ID < from[r.Check] {
			continue // a body that cannot be read has no message to show
		}
		from[r.Check] = e.ID
		texts[r.Check] = clean(d.Message(e.Provider, e.Route, e.Body), maxMessage)
	}
	return texts
}

// maxMessage bounds a provider's free text where it is shown, in bytes.
const maxMessage = 1024

func viewOf(v *onboarding.CheckViews, c onboarding.Check) *onboarding.CheckView {
	switch c {
	case onboarding.KYC:
		return v.KYC
	case onboarding.KYCFiles:
		return v.KYCFiles
	case onboarding.POA:
		return v.POA
	case onboarding.HighRisk:
		return v.HighRisk
	case onboarding.Account:
		return v.Account
	case onboarding.SEPAKYC:
		return v.SEPAKYC
	}
	return nil
}
