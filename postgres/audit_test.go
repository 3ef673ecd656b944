package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

func audit(t *testing.T, s *postgres.Store, at time.Time) onboarding.Audit {
	t.Helper()
	a, err := s.Audit(t.Context(), "user-1", at)
	if err != nil {
		t.Fatalf("audit at %s: %v", at, err)
	}
	return a
}

// moment returns the database's clock, after everything before it.
func moment(t *testing.T, db *pgxpool.Pool) time.Time {
	t.Helper()
	return one[time.Time](t, db, "select clock_timestamp()")
}

// about returns what decided one thing, and fails where nothing did.
func about(t *testing.T, a onboarding.Audit, what string) onboarding.Decision {
	t.Helper()
	i := slices.IndexFunc(a.Decisions, func(d onboarding.Decision) bool { return d.About == what })
	if i < 0 {
		t.Fatalf("nothing decided %s: %+v", what, a.Decisions)
	}
	return a.Decisions[i]
}

func order(t *testing.T, s *postgres.Store, c onboarding.Command) {
	t.Helper()
	if _, err := s.AcceptCommand(t.Context(), "user-1", c); err != nil {
		t.Fatal(err)
	}
	advance(t, s, "user-1")
}

func TestAuditTellsWhatWasKnownThen(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	nobody := moment(t, db)
	first := accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Message: "Show your face."}))
	waits := moment(t, db)
	advance(t, s, "user-1")
	rejected := moment(t, db)
	pass := accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	approved := moment(t, db)
	order(t, s, onboarding.Command{Name: onboarding.CommandHold, Reason: "a call from the bank", Actor: "ops-1", RequestID: "r1"})
	record(t, s, take(t, s, coreAccess, "a").Delivery.ID, "a", delivered)
	held := moment(t, db)

	if _, err := s.Audit(t.Context(), "user-1", nobody); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("before anything: %v", err)
	}
	if _, err := s.Audit(t.Context(), "user-2", held); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	a := audit(t, s, waits)
	if len(a.Pending) != 1 || a.Pending[0].EventID != first || a.Onboarding.Pending != 1 || a.Onboarding.Stage != onboarding.StageCollecting ||
		a.Onboarding.StartedAt.IsZero() || len(a.Decisions) != 0 || a.Decisions == nil || len(a.Effects) != 0 || a.Effects == nil || a.Policies == nil {
		t.Errorf("before the first fold: %+v", a)
	}
	a = audit(t, s, rejected)
	if o := a.Onboarding; o.Stage != onboarding.StageActionRequired || o.Events != 1 || o.LastSeq != 1 || o.Pending != 0 || o.Checks.KYC.Message != "Show your face." || o.NextDeadline == nil {
		t.Errorf("rejected: %+v", o)
	}
	a = audit(t, s, approved)
	d := about(t, a, "checks.kyc")
	if string(d.Value) != `"passed"` || d.Entry.EventID != pass || d.Entry.Seq != 2 || string(d.Entry.Body) != string(report("", verified).Body) || d.Erased ||
		d.Entry.PolicyHash != onboarding.DefaultPolicy().Hash() || d.Entry.Build != "test" {
		t.Errorf("what passed kyc: %+v", d)
	}
	if string(about(t, a, "access").Value) != `"granted"` || string(about(t, a, "stage").Value) != `"approved"` || a.Onboarding.Stage != onboarding.StageApproved {
		t.Errorf("approved: %+v", a.Decisions)
	}
	if text := string(a.Policies[d.Entry.PolicyHash]); text != string(onboarding.DefaultPolicy().Text()) {
		t.Errorf("policy: %s", text)
	}
	if e := toCore(t, a, onboarding.EffectGranted); e.State != onboarding.EffectWaiting || e.DoneAt != nil || e.Attempts != 0 || e.NextTry != nil {
		t.Errorf("the grant then: %+v", e)
	}
	a = audit(t, s, held)
	d = about(t, a, "onHold")
	if d.Entry.Actor != "ops-1" || d.Entry.Reason != "a call from the bank" || d.Entry.RequestID != "r1" || a.Onboarding.Stage != onboarding.StageOnHold {
		t.Errorf("the hold: %+v", d)
	}
	if e := toCore(t, a, onboarding.EffectRevoked); e.State != onboarding.EffectDelivered || e.DoneAt == nil || e.LastAnswer != "200" {
		t.Errorf("the revoke: %+v", e)
	}
	if again := audit(t, s, approved); len(again.Decisions) != 3 || again.Onboarding.Stage != onboarding.StageApproved {
		t.Errorf("what was known then has changed since: %+v", again)
	}
}

// toCore returns what an audit shows of an effect at the target core.
func toCore(t *testing.T, a onboarding.Audit, name string) onboarding.TimelineEntry {
	t.Helper()
	i := slices.IndexFunc(a.Effects, func(e onboarding.TimelineEntry) bool { return e.Effect == name && e.Target == "core" })
	if i < 0 {
		t.Fatalf("no %s in %+v", name, a.Effects)
	}
	return a.Effects[i]
}

func TestAuditOfPeople(t *testing.T) {
	t.Parallel()
	s, db := setup(t, func(o *postgres.Options) { o.Policy.FourEyes = []string{onboarding.CommandLift} })
	accept(t, s, report("user-1", started))
	advance(t, s, "user-1")
	order(t, s, onboarding.Command{Name: onboarding.CommandOverride, Check: onboarding.KYC, Status: onboarding.StatusPassed, Reason: "seen in person", Actor: "ops-1", RequestID: "r1"})
	accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "VERIFICATION"}))
	advance(t, s, "user-1")
	order(t, s, onboarding.Command{Name: onboarding.CommandHold, Reason: "r", Actor: "ops-1", RequestID: "r2"})
	order(t, s, onboarding.Command{Name: onboarding.CommandLift, Reason: "all is well", Actor: "ops-1", RequestID: "r3"})
	proposed := moment(t, db)
	order(t, s, onboarding.Command{Name: onboarding.CommandLift, Reason: "I agree", Actor: "ops-2", RequestID: "r4", Approves: "r3"})
	order(t, s, onboarding.Command{Name: onboarding.CommandClose, Reason: "moved away", Actor: "ops-2", RequestID: "r5"})

	a := audit(t, s, proposed)
	if d := about(t, a, "checks.kyc.override"); d.Entry.RequestID != "r1" || d.Entry.Reason != "seen in person" {
		t.Errorf("the override: %+v", d)
	}
	if d := about(t, a, "checks.kyc"); d.Entry.RequestID != "r1" || string(d.Value) != `"passed"` {
		t.Errorf("the status: %+v", d)
	}
	if d := about(t, a, "checks.kyc.words"); d.Entry.Seq != 3 || d.Entry.Body == nil {
		t.Errorf("the provider's words: %+v", d)
	}
	if d := about(t, a, "proposals.r3"); d.Entry.RequestID != "r3" || d.Entry.Outcome != onboarding.Noted {
		t.Errorf("the proposal: %+v", d)
	}
	if len(a.Onboarding.Proposals) != 1 || a.Onboarding.Checks.KYC.Override == nil {
		t.Errorf("shown: %+v", a.Onboarding)
	}
	a = audit(t, s, moment(t, db))
	if d := about(t, a, "closed"); d.Entry.Actor != "ops-2" || d.Entry.Reason != "moved away" {
		t.Errorf("the end: %+v", d)
	}
	if slices.ContainsFunc(a.Decisions, func(d onboarding.Decision) bool { return d.About == "onHold" || d.About == "proposals.r3" }) {
		t.Errorf("what is over is shown: %+v", a.Decisions)
	}
}

func TestAuditOfWhatWasErased(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	begin(t, s, "user-1@example.com")
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	before := moment(t, db)
	if a := audit(t, s, before); !a.Onboarding.HasContact {
		t.Error("the contact is not known")
	}
	begin(t, s, "one@example.com")
	if a := audit(t, s, before); !a.Onboarding.HasContact {
		t.Error("a contact that was replaced since is not known")
	}
	erase(t, s)
	a := audit(t, s, before)
	if d := about(t, a, "checks.kyc"); !d.Erased || d.Entry.Body != nil || string(d.Value) != `"passed"` || a.Onboarding.HasContact {
		t.Errorf("erased: %+v", d)
	}
	order(t, s, onboarding.Command{Name: onboarding.CommandHold, Reason: "r", Actor: "ops-1"})
	if d := about(t, audit(t, s, moment(t, db)), "onHold"); d.Erased || d.Entry.Body == nil {
		t.Errorf("a command: %+v", d)
	}
}

// TestAuditOfAReplay holds that it is not told of before it was asked for, although
// it was received long ago.
func TestAuditOfAReplay(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	old := malformed(t, s, db, report("user-1", verified))
	before := moment(t, db)
	replay(t, s, old)
	waits := moment(t, db)
	if _, err := s.Audit(t.Context(), "user-1", before); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("before the replay: %v", err)
	}
	if a := audit(t, s, waits); len(a.Pending) != 1 || a.Pending[0].ReplayOf != old || a.Onboarding.StartedAt.IsZero() {
		t.Errorf("while it waits: %+v", a)
	}
	advance(t, s, "user-1")
	if _, err := s.Audit(t.Context(), "user-1", before); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("before the replay, afterwards: %v", err)
	}
	if a := audit(t, s, moment(t, db)); a.Onboarding.Stage != onboarding.StageApproved || a.Onboarding.Events != 1 || len(a.Pending) != 0 {
		t.Errorf("after its fold: %+v", a)
	}
}

// TestAuditWithThePolicyOfThen holds that the next deadline is the one of then.
func TestAuditWithThePolicyOfThen(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", started))
	a := advance(t, s, "user-1")
	then := moment(t, db)
	patient := open(t, db.Config().ConnString(), func(o *postgres.Options) {
		o.Policy.Stall.InReview = onboarding.StageStall{Escalate: []onboarding.Duration{onboarding.Duration(1000 * time.Hour)}}
	})
	b := advance(t, patient, "user-1")
	for _, tc := range []struct {
		at   time.Time
		want time.Time
	}{{then, a.Deadline}, {moment(t, db), b.Deadline}} {
		if got := audit(t, patient, tc.at); got.Onboarding.NextDeadline == nil || !got.Onboarding.NextDeadline.Equal(tc.want) {
			t.Errorf("next deadline: %v, want %s", got.Onboarding.NextDeadline, tc.want)
		}
	}
}

// TestAuditOfALongLog has a log of the length that years of questions make, many
// times over.
func TestAuditOfALongLog(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	exec(t, db, `
		insert into log (user_id, seq, input, outcome, version, stage, changes, policy_hash, build, received, at)
		select user_id, n, 'deadline/reconcile', 'applied', n, stage, jsonb_build_array(
			jsonb_build_object('path', 'version', 'before', n - 1, 'after', n),
			jsonb_build_object('path', 'reconciled', 'before', n - 2, 'after', n - 1)), policy_hash, build, received, at
		from log, generate_series(2, 100000) as n where user_id = 'user-1'`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, err := s.Audit(ctx, "user-1", moment(t, db))
	if err != nil {
		t.Fatal(err)
	}
	if o := a.Onboarding; o.LastSeq != 100000 || o.Version != 100000 || o.Stage != onboarding.StageApproved {
		t.Errorf("onboarding = %+v", o)
	}
	if d := about(t, a, "access"); d.Entry.Seq != 1 {
		t.Errorf("access was decided by %+v", d.Entry)
	}
}
