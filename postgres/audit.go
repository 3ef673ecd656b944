package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// Audit returns what was known of a user at a time, and who or what had decided
// it: the log up to then, folded again by what its rows changed. It is read as it
// stands at one moment. ErrNotFound when nothing was accepted of the user by then.
//
// What was known is shown as it would have been, but for what leaves no trace:
// HasContact is false also where the contact of then was replaced or erased since,
// and messages come from bodies that are still there. The next deadline is that of
// the policy of then. Of effects the ledger knows when they were done: those done
// later are shown as waiting, without the attempts made by then. A replay that was
// folded later is not among what was pending, for when it was asked for is not
// known any more.
func (s *Store) Audit(ctx context.Context, userID string, at time.Time) (onboarding.Audit, error) {
	at = at.UTC().Truncate(time.Microsecond)
	audit := onboarding.Audit{UserID: userID, At: at}
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		past, err := readPast(ctx, conn, userID, at)
		if err != nil {
			return err
		}
		if !past.known() {
			return onboarding.ErrNotFound
		}
		state, decided, err := rebuilt(userID, past.rows)
		if err != nil {
			return err
		}
		evidence, err := readEvidence(ctx, conn, userID, decided, state.PolicyHash)
		if err != nil {
			return err
		}
		audit.Decisions = evidence.decisions(decided)
		audit.Policies = evidence.policies
		audit.Pending, audit.Effects = past.pending, past.effects
		audit.Onboarding = s.viewOfThen(state, past, evidence.policies[state.PolicyHash])
		return nil
	})
	if err != nil {
		return onboarding.Audit{}, wrap("audit a user", err)
	}
	return audit, nil
}

// rebuilt gives the state that the log's rows lead to, and finds what decided what
// is known in the end. They are those that matter still, for a log may be long: so
// only the last change of a field counts.
func rebuilt(userID string, rows []changeRow) (onboarding.State, []decision, error) {
	t := trail{paths: map[string]int64{}}
	last := map[string]onboarding.Change{}
	for _, row := range rows {
		for _, c := range row.changes {
			last[c.Path] = c
		}
		t.follow(row)
	}
	s, err := onboarding.Patch(onboarding.State{}, slices.Collect(maps.Values(last)))
	if err != nil {
		return s, nil, err
	}
	s.UserID = userID
	return s, t.decisions(s), nil
}

// viewOfThen shows the state as it would have been shown then.
func (s *Store) viewOfThen(state onboarding.State, past past, policy json.RawMessage) onboarding.Onboarding {
	if past.lastSeq == 0 {
		state = newUser(state.UserID)
		state.StartedAt = past.begun()
		state.StageSince = state.StartedAt
	}
	o := state.View()
	o.Pending, o.Events, o.LastSeq = int64(len(past.pending)), past.webhooks, past.lastSeq
	o.HasContact = past.hadContact()
	addMessages(s.opts.Decoder, &o, past.newest)
	var p onboarding.Policy
	if json.Unmarshal(policy, &p) == nil { // another build's policy may be written otherwise: then nothing is said
		if next, ok := onboarding.Next(state, p); ok {
			o.NextDeadline = &next.Due
		}
	}
	return o
}
