package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

var update = flag.Bool("update", false, "write testdata anew")

// The tokens of the tests.
const (
	tokens       = "viewer:read:" + readToken + ",clerk:operate:" + operateToken + ",chief:admin:" + adminToken
	adminToken   = "admin-token-000001"
	readToken    = "read-token-0000001"
	operateToken = "operate-token-0001"
)

var at = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// store is all that the admin listener needs, in memory.
type store struct {
	mu       sync.Mutex
	users    map[string]onboarding.Onboarding
	timeline []onboarding.TimelineEntry
	commands map[string]onboarding.Command // by user and request ID
	orders   []string                      // user and request ID of each command, once, as they came
	err      error
	engine   error
	refuse   string
	refuses  map[string]string // refusals by user
	fourEyes bool              // commands need two people
	imported map[string]onboarding.ImportUser
	rung     []string
	events   []onboarding.EventView // oldest first
	replays  map[int64]string       // actors, by event
	refusal  onboarding.ReplayRefusal

	contacts  map[string]onboarding.Contact
	targets   []onboarding.HookView
	parked    map[string][]onboarding.FailedEffect // by target
	sent      []string                             // what was replayed or told, and by whom
	why       string                               // the reason given for that, or for erasing a contact
	replayErr error                                // of ReplayEffects, and of TellPresent behind its first page
	halting   bool                                 // ReplayEffects comes part of the way
	attempt   onboarding.Attempt                   // what a test comes to
}

func (s *store) Onboarding(_ context.Context, userID string) (onboarding.Onboarding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, found := s.users[userID]
	if !found && s.err == nil {
		return o, onboarding.ErrNotFound
	}
	return o, s.err
}

func (s *store) List(_ context.Context, f onboarding.ListFilter) ([]onboarding.Onboarding, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []onboarding.Onboarding
	for _, o := range s.users {
		if o.UserID > f.After && (f.Stage == "" || f.Stage == o.Stage) && (f.BlockedOn == "" || f.BlockedOn == o.BlockedOn) &&
			(f.Stalled == nil || *f.Stalled == o.Stalled) {
			page = append(page, o)
		}
	}
	slices.SortFunc(page, func(a, b onboarding.Onboarding) int { return bytes.Compare([]byte(a.UserID), []byte(b.UserID)) })
	if len(page) > f.Limit {
		return page[:f.Limit], page[f.Limit-1].UserID, s.err
	}
	return page, "", s.err
}

// Timeline gives two entries a page, whatever is asked for.
func (s *store) Timeline(_ context.Context, userID, after string, _ int) ([]onboarding.TimelineEntry, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.users[userID]; !found {
		return nil, "", onboarding.ErrNotFound
	}
	from := 0
	if after != "" {
		var err error
		if from, err = strconv.Atoi(after); err != nil {
			return nil, "", onboarding.ErrData
		}
	}
	to := min(from+2, len(s.timeline))
	next := ""
	if to < len(s.timeline) {
		next = strconv.Itoa(to)
	}
	return s.timeline[from:to], next, s.err
}

func (s *store) Start(_ context.Context, userID string, c *onboarding.Contact, _ string) (bool, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contacts[userID] = *c
	return false, 0, s.err
}

func (s *store) AcceptCommand(_ context.Context, userID string, c onboarding.Command) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.users[userID]; !found && s.err == nil {
		return 0, onboarding.ErrNotFound
	}
	key := userID + " " + c.RequestID
	old, found := s.commands[key]
	if found && old != c {
		return 0, onboarding.ErrConflict
	}
	if s.err == nil && !found {
		s.orders = append(s.orders, key)
	}
	s.commands[key] = c
	return 1, s.err
}

func (s *store) CommandOutcome(context.Context, string, string) (onboarding.CommandOutcome, bool, error) {
	return onboarding.CommandOutcome{}, false, s.err
}

func (s *store) Command(_ context.Context, userID, requestID string) (onboarding.CommandOutcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := onboarding.CommandOutcome{RequestID: requestID, Outcome: onboarding.Applied}
	c := s.commands[userID+" "+requestID]
	switch {
	case s.refuse != "" || s.refuses[userID] != "":
		o.Outcome, o.Reason = onboarding.Refused, s.refuse+s.refuses[userID]
	case s.fourEyes && c.Approves == "":
		o.Outcome, o.Reason = onboarding.Noted, "proposed"
		u := s.users[userID]
		u.Proposals = []onboarding.Proposal{{RequestID: requestID, Command: c.Name, Actor: c.Actor, Check: c.Check, Status: c.Status,
			Until: c.Until, By: c.By, Expires: at.Add(onboarding.ProposalFor)}}
		s.users[userID] = u
	}
	return o, s.engine
}

func (s *store) EventsList(_ context.Context, state onboarding.EventState, after string, limit int) ([]onboarding.EventView, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := int64(0)
	if after != "" {
		var err error
		if from, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, "", onboarding.ErrData
		}
	}
	var page []onboarding.EventView
	for _, e := range s.events {
		switch {
		case e.ID <= from || state != "" && e.State != state:
		case len(page) == limit:
			return page, strconv.FormatInt(page[limit-1].ID, 10), s.err
		default:
			page = append(page, e)
		}
	}
	return page, "", s.err
}

func (s *store) Replay(_ context.Context, id int64, actor string) (int64, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return 0, "", s.err
	case s.refusal != "":
		return 0, "", s.refusal
	}
	for _, e := range s.events {
		if e.ID == id {
			s.replays[id] = actor
			return id + 100, e.UserID, nil
		}
	}
	return 0, "", onboarding.ErrNoEvent
}

func (s *store) Ring(userID string, _ onboarding.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rung = append(s.rung, userID)
}

// hostile holds what a terminal would act on: a colour, a title, a C1 control, a
// bell, a line of its own, and a turned direction.
const hostile = "a\x1b[31mb\x1b]0;c\x07\u009b2Jd\r\n\u202ee\tf"

func newStore() *store {
	deadline := at.Add(24 * time.Hour)
	approved := onboarding.Onboarding{
		UserID: "user-1", Stage: onboarding.StageApproved, BlockedOn: onboarding.Nobody, Access: onboarding.AccessGranted, AccessVersion: 1,
		Events: 2, LastSeq: 3, Version: 3, Held: []onboarding.Check{}, Proposals: []onboarding.Proposal{}, HasContact: true, StartedAt: at, StageSince: at.Add(time.Minute),
		Checks: onboarding.CheckViews{
			KYC:     &onboarding.CheckView{Status: onboarding.StatusPassed, Since: at.Add(time.Minute), ProviderStatus: "VERIFIED", Attempt: "SUCCESSFUL"},
			SEPAKYC: &onboarding.CheckView{Status: onboarding.StatusActionRequired, Since: at, ProviderStatus: "SOFT_KYC_FAILED", Reasons: []string{"BAD_SELFIE", "OTHER"}, DocsMissing: []string{"SELFIE"}, Message: hostile},
		},
	}
	suspended := onboarding.Onboarding{
		UserID: "a/b ü", Stage: onboarding.StageSuspended, BlockedOn: onboarding.Compliance, Access: onboarding.AccessRevoked, AccessVersion: 2,
		Stalled: true, Reversed: true, Pending: 2, Events: 5, LastSeq: 7, Version: 6, Held: []onboarding.Check{onboarding.KYC},
		StartedAt: at, StageSince: at.Add(time.Hour), NextDeadline: &deadline,
		Proposals: []onboarding.Proposal{
			{RequestID: "r-7", Command: onboarding.CommandOverride, Actor: "clerk", Check: onboarding.POA, Status: onboarding.StatusPassed, Until: deadline, Expires: deadline},
			{RequestID: "r-8", Command: onboarding.CommandErase, Actor: "chief", Expires: deadline},
		},
		Checks: onboarding.CheckViews{
			KYC:     &onboarding.CheckView{Status: onboarding.StatusPassed, Since: at, ProviderStatus: "NOT_VERIFIED", Override: &onboarding.OverrideView{Until: deadline, Provider: onboarding.StatusFailed}},
			SEPAKYC: &onboarding.CheckView{Status: onboarding.StatusInReview, Since: at, ProviderStatus: "FULL_USER", Unconfirmed: true},
		},
	}
	fresh := onboarding.Onboarding{UserID: "..", Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone, Pending: 1}
	s := &store{users: map[string]onboarding.Onboarding{}, commands: map[string]onboarding.Command{}, refuses: map[string]string{}, imported: map[string]onboarding.ImportUser{},
		contacts: map[string]onboarding.Contact{}, targets: hooks(), parked: parked()}
	s.contacts["a/b ü"] = onboarding.Contact{Email: "user-2@example.com", Name: hostile, TimeZone: "Europe/Vienna"}
	s.attempt = onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "204"}
	for _, o := range []onboarding.Onboarding{approved, suspended, fresh} {
		s.users[o.UserID] = o
	}
	s.timeline = timeline()
	s.replays = map[int64]string{}
	s.events = []onboarding.EventView{
		{ID: 3, Provider: "p100", Route: "kyc-files", Received: at, State: onboarding.EventMalformed},
		{ID: 5, UserID: "user-1", Provider: "p100", Route: "kyc-verification", Received: at.Add(time.Hour), State: onboarding.EventUnrecognised, ReplayedBy: 9, Replay: "applied"},
		{ID: 7, UserID: hostile, Provider: "xgateway", Route: "kyc", Received: at.Add(2 * time.Hour), State: onboarding.EventUnrecognised},
	}
	return s
}

func timeline() []onboarding.TimelineEntry {
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	done, next := at.Add(2*time.Second), at.Add(time.Minute)
	return []onboarding.TimelineEntry{
		{Kind: "log", At: at, Seq: 1, Input: "merchant/start", EventID: 1, Received: &at, Outcome: onboarding.Applied, Actor: "clerk", Version: 1,
			Changes: []onboarding.Change{{Path: "stage", Before: raw(`""`), After: raw(`"collecting"`)}, {Path: "access", Before: raw(`""`), After: raw(`"none"`)}, {Path: "version", Before: raw("0"), After: raw("1")}}},
		{Kind: "log", At: at.Add(time.Second), Seq: 2, Input: "p100/kyc-verification", EventID: 2, Outcome: onboarding.Applied, Version: 2,
			Changes: []onboarding.Change{
				{Path: "stage", Before: raw(`"collecting"`), After: raw(`"approved"`)}, {Path: "access", Before: raw(`"none"`), After: raw(`"granted"`)},
				{Path: "checks.kyc.status", Before: raw(`""`), After: raw(`"passed"`)}, {Path: "checks.kyc.since", Before: raw(`null`), After: raw(`"2026-03-01T09:00:01Z"`)},
			}},
		{Kind: "effect", At: at.Add(time.Second), EffectID: 11, Effect: "access.granted", Target: "core-banking", Lane: onboarding.LaneAccess, State: onboarding.EffectDelivered, Attempts: 2, LastAnswer: "200", DoneAt: &done, Version: 2,
			Key: "user-1/2/access.granted/core-banking"},
		{Kind: "effect", At: at.Add(time.Second), EffectID: 12, Effect: "onboarding.approved", Target: "crm", Lane: onboarding.LaneRest, State: onboarding.EffectWaiting, Attempts: 1, LastAnswer: "503", NextTry: &next, Version: 2,
			Key: "user-1/2/onboarding.approved/crm", ReplayedBy: "clerk", ReplayedAt: &done, ReplayReason: hostile},
		{Kind: "effect", At: at.Add(time.Second), EffectID: 13, Effect: "check.changed", Target: "crm", Lane: onboarding.LaneRest, State: onboarding.EffectWaiting, NextTry: &next, Version: 2,
			Key: "user-1/2/check.changed:kyc/crm", About: "kyc"},
		{Kind: "log", At: at.Add(time.Hour), Seq: 3, Input: "operator/lift", EventID: 3, Outcome: onboarding.Refused, Actor: "clerk", Reason: hostile, Code: "not_on_hold", RequestID: "r-1"},
		{Kind: "pending", At: at.Add(2 * time.Hour), Input: "operator/hold", EventID: 4, Actor: "clerk", Reason: "a reason", RequestID: "r-2"},
		{Kind: "log", At: at.Add(3 * time.Hour), Seq: 4, Input: "p100/poa-verification", EventID: 5, ReplayOf: 2, Outcome: onboarding.Noted, Code: "overtaken", Actor: "clerk"},
		{Kind: "pending", At: at.Add(4 * time.Hour), Input: "p100/kyc-verification", EventID: 6, ReplayOf: 3, Actor: "clerk"},
	}
}

// serve runs a real admin listener on the store and returns its URL.
func serve(t *testing.T, st *store) string {
	t.Helper()
	srv := httptest.NewServer(handler(t, st))
	t.Cleanup(srv.Close)
	return srv.URL
}

func handler(t *testing.T, st *store) http.Handler {
	t.Helper()
	parsed, err := admin.ParseTokens(tokens)
	if err != nil {
		t.Fatal(err)
	}
	s, err := admin.New(admin.Options{
		Tokens: parsed, Store: st, Hooks: st, Contacts: st, Tester: st, Pollers: st, Commander: st, Ringer: st, Metrics: http.NotFoundHandler(), Logger: slog.New(slog.DiscardHandler),
		Ready: func(context.Context) admin.ReadyReport { return admin.ReadyReport{Ready: true} }, NewID: func() string { return "http-1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

// between serves a store behind a middleman who may spoil requests: it returns
// true where it has answered itself.
func between(t *testing.T, st *store, middleman func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	next := handler(t, st)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !middleman(w, r) {
			next.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// hangUp ends the connection without an answer.
func hangUp() { panic(http.ErrAbortHandler) }

// file writes a file of the test and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// golden compares a text with a file of testdata, or writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date (go test -update rewrites it):\n%s", path, got)
	}
}
