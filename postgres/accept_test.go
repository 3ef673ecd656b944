package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

func TestAcceptUnderLoad(t *testing.T) {
	t.Parallel()
	const senders, each = 64, 25
	var batches, largest atomic.Int64
	s, db := setup(t, func(o *postgres.Options) {
		o.OnBatch = func(n int, _ time.Duration, _ error) {
			batches.Add(1)
			largest.Store(max(largest.Load(), int64(n)))
		}
	})
	type answer struct {
		user, text string
		id         int64
	}
	var mu sync.Mutex
	var answers []answer
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			user, last := fmt.Sprintf("user-%d", i), int64(0)
			for j := range each {
				text := fmt.Sprintf("%d/%d", i, j)
				id, err := s.Accept(t.Context(), onboarding.Event{UserID: user, Provider: "p100", Route: "r", Body: []byte(text)})
				if err != nil {
					t.Error(err)
					return
				}
				if id <= last {
					t.Errorf("%s: event %d was answered before %d was sent", user, last, id)
				}
				last = id
				mu.Lock()
				answers = append(answers, answer{user, text, id})
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	for _, a := range answers {
		if got := one[string](t, db, "select user_id || ' ' || convert_from(body, 'UTF8') from events where id = $1", a.id); got != a.user+" "+a.text {
			t.Fatalf("event %d is %q, its sender was told it is %q", a.id, got, a.user+" "+a.text)
		}
	}
	if n := one[int64](t, db, "select count(*) from inbox i join events e on e.id = i.event_id and e.user_id = i.user_id and e.received = i.received"); n != senders*each {
		t.Errorf("%d of %d are in the inbox", n, senders*each)
	}
	if batches.Load() >= senders*each {
		t.Errorf("%d batches for %d events: nobody shared a commit", batches.Load(), senders*each)
	}
}

func TestAcceptRefusesDataOneByOne(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		bad        onboarding.Event
		user, kept string
	}{
		{"NUL in a user ID", onboarding.Event{UserID: "user\x00", Provider: "p100", Route: "r", Body: []byte("a\x00b")}, "", "610062"},
		{"no UTF-8 in a user ID", onboarding.Event{UserID: "user\xff", Provider: "p100", Route: "r", Body: []byte("a")}, "", "61"},
		{"no user ID", onboarding.Event{Provider: "p100", Route: "r", Body: []byte("a")}, "", "61"},
		{"a long user ID", onboarding.Event{UserID: string(make([]byte, 300)), Provider: "p100", Route: "r", Body: nil}, "", ""},
		{"NUL in a route", onboarding.Event{UserID: "user-1", Provider: "p100", Route: "r\x00", Body: []byte("a")}, "user-1", "61"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, func(o *postgres.Options) { o.Flushers = 1 })
			var sending sync.WaitGroup
			for i := range 40 {
				sending.Go(func() {
					if i == 17 {
						if _, err := s.Accept(t.Context(), tc.bad); !errors.Is(err, onboarding.ErrData) {
							t.Errorf("the bad event: %v", err)
						}
						return
					}
					if _, err := s.Accept(t.Context(), report(fmt.Sprint("user-", i), verified)); err != nil {
						t.Errorf("a good one: %v", err)
					}
				})
			}
			sending.Wait()
			if n := one[int64](t, db, "select count(*) from inbox"); n != 39 {
				t.Errorf("%d of 39 good events were stored", n)
			}
			if got := one[string](t, db, "select user_id || '|' || encode(body, 'hex') from events where malformed"); got != tc.user+"|"+tc.kept {
				t.Errorf("kept as %q", got)
			}
		})
	}
}

func TestAcceptWithoutDatabase(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := closed.Addr().String()
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for name, address := range map[string]string{"closed port": gone, "silent port": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, "postgres://admit@"+address+"/admit?sslmode=disable")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var calls sync.WaitGroup
			for what, call := range map[string]func() error{
				"accept": func() error { _, err := s.Accept(t.Context(), report("user-1", verified)); return err },
				"ping":   func() error { return s.Ping(t.Context()) },
				"advance": func() error {
					_, err := s.Advance(ctx, onboarding.AdvanceRequest{UserID: "user-1"})
					return err
				},
				"malformed": func() error { return s.AcceptMalformed(ctx, report("user-1", verified)) },
			} {
				calls.Go(func() {
					began := time.Now()
					if err := call(); !errors.Is(err, onboarding.ErrUnavailable) {
						t.Errorf("%s: %v", what, err)
					}
					if took := time.Since(began); took > 4*time.Second {
						t.Errorf("%s took %s", what, took)
					}
				})
			}
			calls.Wait()
		})
	}
}

func TestAcceptWhileConnectionsDie(t *testing.T) {
	t.Parallel()
	s, db := setup(t, func(o *postgres.Options) {
		o.URL += "&application_name=" + "dies"
	})
	stop := make(chan struct{})
	var sending sync.WaitGroup
	var mu sync.Mutex
	var answered []int64
	for i := range 8 {
		sending.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				id, err := s.Accept(t.Context(), report(fmt.Sprint("user-", i), verified))
				switch {
				case err == nil:
					mu.Lock()
					answered = append(answered, id)
					mu.Unlock()
				case !errors.Is(err, onboarding.ErrUnavailable):
					t.Errorf("accept: %v", err)
					return
				}
			}
		})
	}
	killed := int64(0)
	answers := func() int { mu.Lock(); defer mu.Unlock(); return len(answered) }
	for round := range 5 {
		eventually(t, "answers", func() bool { return answers() > (round+1)*20 })
		killed += one[int64](t, db, `select count(pg_terminate_backend(pid)) from pg_stat_activity
			where application_name = 'dies' and pid <> pg_backend_pid() and query like '%nextval%'`)
	}
	if killed == 0 {
		t.Error("no connection was hit")
	}
	before := answers()
	eventually(t, "answers after the last blow", func() bool { return answers() > before+20 })
	close(stop)
	sending.Wait()
	if lost := one[int64](t, db, "select count(*) from unnest($1::bigint[]) a (id) where not exists (select from inbox where event_id = id)", answered); lost != 0 {
		t.Errorf("%d answered events are lost", lost)
	}
}

func TestAcceptWithdraws(t *testing.T) {
	t.Parallel()
	s, db := setup(t, func(o *postgres.Options) { o.Flushers = 1 })
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "lock table events in exclusive mode"); err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() { // the flusher takes this one and stands behind the lock
		if _, err := s.Accept(t.Context(), report("user-1", verified)); err != nil {
			t.Errorf("the first: %v", err)
		}
	})
	eventually(t, "a flusher behind the lock", func() bool {
		return one[int64](t, db, "select count(*) from pg_locks where not granted and relation = 'events'::regclass") == 1
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Accept(ctx, report("user-2", verified)); !errors.Is(err, context.Canceled) || !errors.Is(err, onboarding.ErrUnavailable) {
		t.Errorf("a caller that went away: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	sending.Wait()
	accept(t, s, report("user-3", verified))
	if users := all[string](t, db, "select user_id from events order by id"); !slices.Equal(users, []string{"user-1", "user-3"}) {
		t.Errorf("stored: %q", users)
	}
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	var sending sync.WaitGroup
	var stored atomic.Int64
	ready := make(chan struct{}, 200)
	for i := range 200 {
		sending.Go(func() {
			ready <- struct{}{}
			_, err := s.Accept(t.Context(), report(fmt.Sprint("user-", i), verified))
			switch {
			case err == nil:
				stored.Add(1)
			case !errors.Is(err, onboarding.ErrUnavailable):
				t.Errorf("accept: %v", err)
			}
		})
	}
	for range 150 {
		<-ready
	}
	s.Close()
	sending.Wait()
	if n := one[int64](t, db, "select count(*) from inbox"); n != stored.Load() {
		t.Errorf("%d are stored, %d were answered", n, stored.Load())
	}
	for name, call := range map[string]func() error{
		"accept": func() error { _, err := s.Accept(t.Context(), report("user-1", verified)); return err },
		"ping":   func() error { return s.Ping(t.Context()) },
	} {
		if err := call(); !errors.Is(err, onboarding.ErrUnavailable) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
}

func TestAcceptMalformed(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	for _, user := range []string{"", "user-1", "user\x00"} {
		if err := s.AcceptMalformed(t.Context(), onboarding.Event{UserID: user, Provider: "p100", Route: "r", Body: []byte("\x00")}); err != nil {
			t.Errorf("%q: %v", user, err)
		}
	}
	if n := one[int64](t, db, "select count(*) from inbox"); n != 0 {
		t.Errorf("%d in the inbox", n)
	}
	if users := all[string](t, db, "select user_id from events where malformed order by id"); !slices.Equal(users, []string{"", "user-1", ""}) {
		t.Errorf("kept: %q", users)
	}
	if _, err := s.Onboarding(t.Context(), "user-1"); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("a malformed event made a user: %v", err)
	}
}

// TestABusyProcessAccepts holds that accepting waits for no connection of anything
// else, whatever becomes of the event.
func TestABusyProcessAccepts(t *testing.T) {
	t.Parallel()
	_, db := setup(t)
	s := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()), func(o *postgres.Options) { o.MaxConns = 1 })
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) // of no use once it is rolled back
	if _, err := tx.Exec(t.Context(), "select from onboardings for update"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
		done <- err
	}()
	waiting(t, db, 1)
	for what, err := range map[string]error{
		"accept":    func() error { _, err := s.Accept(t.Context(), report("user-2", verified)); return err }(),
		"malformed": s.AcceptMalformed(t.Context(), report("user-2", verified)),
		"ping":      s.Ping(t.Context()),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("who was busy: %v", err)
	}
}

// TestAFloodOfMalformedEvents holds that good ones pass by it.
func TestAFloodOfMalformedEvents(t *testing.T) {
	t.Parallel()
	_, db := setup(t)
	s := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()))
	letGo := stopAt(t, db, "before insert on events for each row when (new.malformed)")
	const flood = 8
	errs := make(chan error, flood)
	for range flood {
		go func() { errs <- s.AcceptMalformed(t.Context(), report("user-1", verified)) }()
	}
	waiting(t, db, 1)
	accept(t, s, report("user-2", verified))
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	letGo()
	for range flood {
		if err := <-errs; err != nil {
			t.Errorf("one of the flood: %v", err)
		}
	}
}

// BenchmarkAccept measures answers with 64 senders at once.
func BenchmarkAccept(b *testing.B) {
	for _, flushers := range []int{1, 2, 3, 4} {
		b.Run(fmt.Sprintf("flushers=%d", flushers), func(b *testing.B) {
			s, _ := setup(b, func(o *postgres.Options) { o.Flushers = flushers })
			text := []byte(`{"externalUserId":"user-1","verificationStatus":"NOT_VERIFIED","attemptStatus":"PENDING"}`)
			var next atomic.Int64
			var sending sync.WaitGroup
			b.ResetTimer()
			for range 64 {
				sending.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						e := onboarding.Event{UserID: fmt.Sprintf("user-%d", i%500), Provider: "p100", Route: "kyc-verification", Body: text}
						if _, err := s.Accept(b.Context(), e); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			sending.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
		})
	}
}
