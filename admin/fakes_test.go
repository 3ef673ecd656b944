package admin_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"admit/onboarding"
)

// The tokens of the tests, by role.
const (
	tokens       = "viewer:read:" + readToken + ",clerk:operate:" + operateToken + ",root:admin:" + adminToken
	readToken    = "read-token-0000001"
	operateToken = "operate:token:0001"
	adminToken   = "admin-token-000001"
)

var at = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// store is all that a Server needs, in memory.
type store struct {
	mu       sync.Mutex
	users    map[string]onboarding.Onboarding
	contacts map[string]onboarding.Contact
	commands map[string]onboarding.Command // by user and request ID
	outcomes map[string]onboarding.CommandOutcome
	filter   onboarding.ListFilter // of the last List
	rings    []onboarding.Ring
	woken    []string // the users of rings whose cause is wake

	err      error // of every method
	showErr  error // of Onboarding
	engine   error // of the Commander; with one it folds nothing
	silent   bool  // the Commander waits until its context ends
	quiet    bool  // the Commander answers without an outcome
	refuse   string
	propose  bool // commands wait for a second person
	panics   bool
	timeline []onboarding.TimelineEntry
	events   []onboarding.EventView // their IDs are the places in the list
	asked    eventQuery             // of the last EventsList
	replays  []replayed
	refusal  onboarding.ReplayRefusal // of Replay
	accepted func()                   // called where set when a command is stored
	ringing  func()                   // called where set by Ring

	audit     onboarding.Audit
	auditedAt time.Time // of the last Audit
	explained onboarding.Explained
	imported  onboarding.Imported // what Import answers
	imports   []importCall

	targets   []onboarding.HookView
	listings  int                                  // how often they were asked for
	parked    map[string][]onboarding.FailedEffect // by target
	hookCalls []hookCall
	replayed  []string           // the users of rings whose cause is replay
	attempt   onboarding.Attempt // what a test comes to
	testErr   error
	tried     []string // tests that were kept
	triedErr  error
	polls     int // of the task queue crm-queue
	polled    time.Time
	forgotten []string // contacts that were deleted, by whom and why
}

type importCall struct {
	users  []onboarding.ImportUser
	dryRun bool
	actor  string
}

type eventQuery struct {
	state onboarding.EventState
	after string
	limit int
}

type replayed struct {
	id    int64
	actor string
}

func newStore(users ...string) *store {
	s := &store{
		users: map[string]onboarding.Onboarding{}, contacts: map[string]onboarding.Contact{},
		commands: map[string]onboarding.Command{}, outcomes: map[string]onboarding.CommandOutcome{},
		targets: hooks(), parked: effects(), attempt: onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "204"},
	}
	for _, u := range users {
		s.users[u] = user(u)
	}
	return s
}

func user(id string) onboarding.Onboarding {
	return onboarding.Onboarding{
		UserID: id, Stage: onboarding.StageApproved, BlockedOn: onboarding.Nobody, Access: onboarding.AccessGranted, AccessVersion: 1,
		Events: 2, LastSeq: 2, Version: 2, Held: []onboarding.Check{}, Proposals: []onboarding.Proposal{}, StartedAt: at, StageSince: at,
		Checks: onboarding.CheckViews{KYC: &onboarding.CheckView{
			Status: onboarding.StatusPassed, Since: at, ProviderStatus: "VERIFIED", Reasons: []string{}, DocsMissing: []string{},
		}},
	}
}

func (s *store) Onboarding(_ context.Context, userID string) (onboarding.Onboarding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.panics {
		panic("a panic that quotes " + userID)
	}
	for _, err := range []error{s.err, s.showErr} {
		if err != nil {
			return onboarding.Onboarding{}, err
		}
	}
	o, found := s.users[userID]
	if !found {
		return o, onboarding.ErrNotFound
	}
	return o, nil
}

func (s *store) List(_ context.Context, f onboarding.ListFilter) ([]onboarding.Onboarding, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
	if s.err != nil {
		return nil, "", s.err
	}
	var ids []string
	for id := range s.users {
		if id > f.After {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	next := ""
	if len(ids) > f.Limit {
		ids = ids[:f.Limit]
		next = ids[f.Limit-1]
	}
	var page []onboarding.Onboarding
	for _, id := range ids {
		page = append(page, s.users[id])
	}
	return page, next, nil
}

func (s *store) Timeline(_ context.Context, userID, after string, limit int) ([]onboarding.TimelineEntry, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, "", s.err
	}
	if _, found := s.users[userID]; !found {
		return nil, "", onboarding.ErrNotFound
	}
	switch after {
	case "":
		return s.timeline[:min(limit, len(s.timeline))], "place-2", nil
	case "place-2":
		return nil, "", nil
	}
	return nil, "", onboarding.ErrData
}

func (s *store) Start(_ context.Context, userID string, c *onboarding.Contact, actor string) (bool, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, 0, s.err
	}
	_, found := s.users[userID]
	old, known := s.contacts[userID]
	changed := c != nil && (!known || old != *c)
	if c != nil {
		s.contacts[userID] = *c
	}
	if found && !changed {
		return false, 0, nil
	}
	if !found {
		s.users[userID] = user(userID)
	}
	return !found, 7, nil
}

func (s *store) AcceptCommand(_ context.Context, userID string, c onboarding.Command) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	if _, found := s.users[userID]; !found {
		return 0, onboarding.ErrNotFound
	}
	key := userID + " " + c.RequestID
	if old, found := s.commands[key]; found && old != c {
		return 0, onboarding.ErrConflict
	}
	s.commands[key] = c
	if s.accepted != nil {
		s.accepted()
	}
	return 9, nil
}

func (s *store) CommandOutcome(_ context.Context, userID, requestID string) (onboarding.CommandOutcome, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return onboarding.CommandOutcome{}, false, s.err
	}
	o, found := s.outcomes[userID+" "+requestID]
	return o, found, nil
}

// Command folds the command, as the engine would.
func (s *store) Command(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, error) {
	s.mu.Lock()
	silent := s.silent
	s.mu.Unlock()
	if silent {
		<-ctx.Done()
		return onboarding.CommandOutcome{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.engine != nil {
		return onboarding.CommandOutcome{}, s.engine
	}
	key := userID + " " + requestID
	if s.quiet {
		return onboarding.CommandOutcome{}, nil
	}
	if _, folded := s.outcomes[key]; !folded {
		o := onboarding.CommandOutcome{RequestID: requestID, Outcome: onboarding.Applied, Seq: 3}
		if s.refuse != "" {
			o.Outcome, o.Reason = onboarding.Refused, s.refuse
		}
		if s.propose {
			o.Outcome, o.Reason = onboarding.Noted, "proposed"
		}
		s.outcomes[key] = o
	}
	return s.outcomes[key], nil
}

func (s *store) EventsList(_ context.Context, state onboarding.EventState, after string, limit int) ([]onboarding.EventView, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = eventQuery{state, after, limit}
	switch {
	case s.err != nil:
		return nil, "", s.err
	case after == "2":
		return nil, "", nil
	case after != "":
		return nil, "", onboarding.ErrData
	}
	return s.events, "2", nil
}

// Replay knows the event 7 alone, which is user-1's.
func (s *store) Replay(_ context.Context, id int64, actor string) (int64, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return 0, "", s.err
	case id != 7:
		return 0, "", onboarding.ErrNoEvent
	case s.refusal != "":
		return 0, "", fmt.Errorf("replay an event: %w", s.refusal)
	}
	s.replays = append(s.replays, replayed{id, actor})
	return 70, "user-1", nil
}

func (s *store) Audit(_ context.Context, userID string, at time.Time) (onboarding.Audit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auditedAt = at
	if _, found := s.users[userID]; s.err == nil && !found {
		return onboarding.Audit{}, onboarding.ErrNotFound
	}
	return s.audit, s.err
}

func (s *store) Explain(_ context.Context, userID string) (onboarding.Explained, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.users[userID]; s.err == nil && !found {
		return onboarding.Explained{}, onboarding.ErrNotFound
	}
	return s.explained, s.err
}

func (s *store) Import(_ context.Context, users []onboarding.ImportUser, dryRun bool, actor string) (onboarding.Imported, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return onboarding.Imported{}, s.err
	}
	s.imports = append(s.imports, importCall{users, dryRun, actor})
	return s.imported, nil
}

func (s *store) Ring(userID string, r onboarding.Ring) {
	if s.ringing != nil {
		s.ringing()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings = append(s.rings, r)
	switch r.Cause {
	case "wake":
		s.woken = append(s.woken, userID)
	case "replay":
		s.replayed = append(s.replayed, userID)
	}
}

func (s *store) rung() []onboarding.Ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rings)
}
