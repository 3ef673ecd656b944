package postgres_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"admit/onboarding"
	"admit/postgres"
	"admit/postgres/postgrestest"
)

func TestTheDatabaseRefusesToRewriteThePast(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	accept(t, s, report("user-1", expired))
	const appendOnly, broken = "23001", "23514"
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	cases := []struct{ name, sql, code string }{
		{"update log", "update log set actor = 'x'", appendOnly},
		{"update no row of log", "update log set actor = 'x' where false", appendOnly},
		{"delete log", "delete from log", appendOnly},
		{"truncate log", "truncate log", appendOnly},
		{"an event twice in log", "insert into log select user_id, 9, event_id, input, outcome, code, version, stage, changes, policy_hash, build, actor, received, at from log limit 1", "23505"},
		{"a number twice in log", "insert into log select user_id, seq, null, input, outcome, code, version, stage, changes, policy_hash, build, actor, received, at from log limit 1", "23505"},
		{"an unknown outcome", "insert into log select user_id, 9, null, input, 'maybe', code, version, stage, changes, policy_hash, build, actor, received, at from log limit 1", broken},
		{"delete events", "delete from events", appendOnly},
		{"truncate events", "truncate events", appendOnly},
		{"move an event", "update events set user_id = 'user-2'", appendOnly},
		{"rewrite a body", "update events set body = '{}'", appendOnly},
		{"name another actor", "update events set actor = 'x'", appendOnly},
		{"make a replay of it", "update events set replay_of = 1", appendOnly},
		{"erase a body and more", "update events set body = null, route = 'x'", appendOnly},
		{"an event of nobody", "insert into events (user_id, provider, route, body) values ('', 'p', 'r', '')", broken},
		{"update policies", "update policies set text = ''", appendOnly},
		{"delete policies", "delete from policies", appendOnly},
		{"truncate policies", "truncate policies", appendOnly},
		{"an unknown effect state", "update effects set state = 'lost'", broken},
		{"an unknown lane", "update effects set lane = 'fast'", broken},
		{"erase a body", "update events set body = null where user_id = 'user-1'", ""},
		{"erase it again", "update events set body = null where user_id = 'user-1'", ""},
		{"bring a body back", "update events set body = '{}'", appendOnly},
	}
	for _, role := range []string{"origin", "replica"} {
		if _, err := conn.Exec(t.Context(), "set session_replication_role = "+role); err != nil {
			t.Fatal(err)
		}
		for _, tc := range cases {
			_, err := conn.Exec(t.Context(), tc.sql)
			var pg *pgconn.PgError
			switch {
			case tc.code == "" && err != nil:
				t.Errorf("%s, %s: %v", tc.name, role, err)
			case tc.code != "" && (!errors.As(err, &pg) || pg.Code != tc.code):
				t.Errorf("%s, %s: %v, want %s", tc.name, role, err, tc.code)
			}
		}
	}
	if _, err := conn.Exec(t.Context(), "reset session_replication_role"); err != nil {
		t.Fatal(err)
	}
	if a := advance(t, s, "user-1"); a.Summary.Recent[1].Outcome != onboarding.Unrecognised {
		t.Errorf("an erased event that waits: %+v", a.Summary.Recent)
	}
	consistent(t, db, "user-1")
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	s := open(t, url)
	if err := s.CheckSchema(t.Context()); !errors.Is(err, postgres.ErrSchema) {
		t.Errorf("an empty schema: %v", err)
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			if err := open(t, url).Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if err := s.CheckSchema(t.Context()); err != nil {
		t.Errorf("after migrating: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

func TestOpenOfABadURLKeepsItsSecret(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://admit:s3cret@host:port/admit"})
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("open: %v", err)
	}
}

func TestErrorsAndLogsDoNotQuoteData(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	s, _ := setup(t, func(o *postgres.Options) { o.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
	secret := strings.Repeat("secret", 50)
	_, err := s.Accept(t.Context(), onboarding.Event{UserID: secret, Provider: "p100", Route: "r", Body: []byte(secret)})
	if !errors.Is(err, onboarding.ErrData) || strings.Contains(err.Error(), "secret") {
		t.Errorf("accept: %v", err)
	}
	s.Close()
	if text := lines.String(); !strings.Contains(text, "malformed") || strings.Contains(text, "secret") {
		t.Errorf("log = %s", text)
	}
	missing := open(t, postgrestest.URL(t))
	_, err = missing.Accept(t.Context(), report("user-1", verified))
	if err == nil || errors.Is(err, onboarding.ErrUnavailable) || errors.Is(err, onboarding.ErrData) || !strings.Contains(err.Error(), "42P01") {
		t.Errorf("without a schema: %v", err)
	}
}
