package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
	"admit/postgres/postgrestest"
)

// decoder reads bodies that are reports of Apply's as JSON, with a message
// beside. Route "undecodable" stands for what this build cannot read, and
// "panics", also as a message, for what no build should do.
type decoder struct{}

type body struct {
	Check   onboarding.Check
	Status  string
	Attempt string   `json:",omitempty"`
	Reasons []string `json:",omitempty"`
	Message string   `json:",omitempty"`
}

func (decoder) Decode(_, route string, text []byte) (onboarding.Report, error) {
	switch route {
	case "undecodable":
		return onboarding.Report{}, errors.New("unknown shape")
	case "panics":
		panic("cannot read " + string(text))
	}
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return onboarding.Report{}, err
	}
	return onboarding.Report{Check: b.Check, Status: b.Status, Attempt: b.Attempt, Reasons: b.Reasons}, nil
}

// Answer reads answers whose text is a report of Apply's as JSON; any other text
// is the code of an answer of no use. "panics" stands for what no build should do,
// and "undecodable" for what this build cannot read.
func (decoder) Answer(provider string, text []byte) (onboarding.Answer, error) {
	var stored onboarding.AnswerBody
	if err := json.Unmarshal(text, &stored); err != nil {
		return onboarding.Answer{}, err
	}
	a := onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerStatus, Asked: stored.Asked}
	if provider == "xgateway" {
		a.Check = onboarding.SEPAKYC
	}
	var b body
	switch {
	case stored.Answer == "panics":
		panic("cannot read " + string(text))
	case stored.Answer == "undecodable":
		return onboarding.Answer{}, errors.New("unknown shape")
	case json.Unmarshal([]byte(stored.Answer), &b) != nil:
		a.Kind, a.Code = onboarding.AnswerUnknown, stored.Answer
	}
	a.Report = onboarding.Report{Check: b.Check, Status: b.Status, Attempt: b.Attempt, Reasons: b.Reasons}
	return a, nil
}

func (decoder) Message(_, _ string, text []byte) string {
	var b body
	if json.Unmarshal(text, &b) != nil {
		return ""
	}
	if b.Message == "panics" {
		panic("cannot read " + string(text))
	}
	return b.Message
}

// hooks is who is told in most tests.
var hooks = []onboarding.Target{
	{Name: "core", Events: []string{"access.*"}},
	{Name: "crm", Events: []string{"*"}, TaskQueue: "crm", Activity: "OnOnboardingEvent"},
	{Name: onboarding.MailTarget},
}

// setup opens a store on a schema of its own, migrated, and a connection to look
// behind it. change may adapt the options.
func setup(t testing.TB, change ...func(*postgres.Options)) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	url := postgrestest.URL(t)
	s := open(t, url, change...)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return s, db
}

// open opens another store on a schema.
func open(t testing.TB, url string, change ...func(*postgres.Options)) *postgres.Store {
	t.Helper()
	o := postgres.Options{
		URL: url, MaxConns: 8, Policy: onboarding.DefaultPolicy(), Targets: hooks, Decoder: decoder{},
		Build: "test", Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	s, err := postgres.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// report returns the event of a P100 webhook.
func report(userID string, b body) onboarding.Event {
	text, _ := json.Marshal(b) // strings alone
	return onboarding.Event{UserID: userID, Provider: "p100", Route: "kyc-verification", Body: text}
}

var (
	verified = body{Check: onboarding.KYC, Status: "VERIFIED"}
	expired  = body{Check: onboarding.KYC, Status: "EXPIRED"}
	started  = body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "PENDING"}
)

func accept(t testing.TB, s *postgres.Store, events ...onboarding.Event) int64 {
	t.Helper()
	var last int64
	for _, e := range events {
		id, err := s.Accept(t.Context(), e)
		if err != nil {
			t.Fatalf("accept: %v", err)
		}
		last = id
	}
	return last
}

func advance(t testing.TB, s *postgres.Store, userID string, requests ...string) onboarding.Advanced {
	t.Helper()
	a, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: userID, RequestIDs: requests})
	if err != nil {
		t.Fatalf("advance: %v", err)
	}
	return a
}

// one returns the single value of a query.
func one[T any](t testing.TB, db *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	rows, err := db.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// all returns the values of a query's only column.
func all[T any](t testing.TB, db *pgxpool.Pool, sql string, args ...any) []T {
	t.Helper()
	rows, err := db.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	vs, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return vs
}

// eventually waits until what is asked holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}
