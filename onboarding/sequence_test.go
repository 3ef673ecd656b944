package onboarding_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

// whole is the whole alphabet: every report that the providers can send, as far as one
// can differ from another to the rules. Each overall status of kyc stands with each
// attempt, each status of XGateway's with no, a known and an unknown
// kycProcessingStatus and with labels and documents, and every check with an unknown
// word, alone: TestUnknownStatus holds that nothing beside it makes a difference.
func whole() []onboarding.Report {
	rs := []onboarding.Report{
		files("ADDED"), files("ERROR"), poa("WAITING"), poa("APPROVED"), poa("REJECTED"), poa("QUESTIONED"), highRisk("OK"), highRisk("REJECTED"), account("ACTIVE"),
		kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_FAKE"), kyc("LOST", ""), files("LOST"), poa("LOST"), highRisk("LOST"), account("LOST"), sepa("LOST", ""),
	}
	for _, overall := range []string{"VERIFIED", "NOT_VERIFIED", "EXPIRED"} {
		for _, attempt := range []string{"", "PENDING", "VERIFICATION", "SUCCESSFUL", "PAUSED"} {
			rs = append(rs, kyc(overall, attempt))
		}
		rs = append(rs, kyc(overall, "REJECTED_BY_PROVIDER", "NO_FACE_FOUND"))
	}
	for _, processing := range []string{"", "VERIFICATION_IN_PROGRESS", "RESTING"} {
		for _, status := range []string{"CREATED", "KYC_NEEDED", "PENDING_KYC_DATA", "KYC_PENDING", "SOFT_KYC_FAILED", "HARD_KYC_FAILED", "FULL_USER"} {
			rs = append(rs, sepa(status, processing))
		}
		rs = append(rs, sepaNull(processing))
	}
	soft := sepa("SOFT_KYC_FAILED", "")
	soft.DocsMissing = []string{"SELFIE", "PASSPORT"}
	rs = append(rs, soft)
	soft.Reasons = []string{"BAD_SELFIE"}
	rs = append(rs, soft)
	soft.DocsMissing = nil
	return append(rs, soft)
}

// pauses are what lies between two reports of a sequence, each in its turn: no window
// has passed, or all have.
var pauses = []time.Duration{time.Minute, 25 * time.Hour}

// TestEverySequence folds every sequence of up to four reports out of the whole
// alphabet with each pause between them. Sequences that leave the same past behind go
// on as one, which same shows to be right.
func TestEverySequence(t *testing.T) {
	t.Parallel()
	outcomes := map[onboarding.Outcome]int{}
	w := walkThrough(t, whole(), 4, pauses, func(_ []move, _ onboarding.Report, before, after onboarding.State, v onboarding.Verdict, effects []onboarding.Effect) string {
		outcomes[v.Outcome]++
		return failure(before, after, v, effects)
	})
	t.Logf("%d reports leave %d pasts behind, %d times again: %v", len(w.reports), len(w.seen), w.again, outcomes)
	if len(outcomes) != 6 {
		t.Errorf("reports are only %v", outcomes)
	}
}

// TestTheLogGivesTheState holds for every sequence of up to three reports, of up to two
// out of the whole alphabet, that what the log keeps of them gives the state. For
// longer ones TestRandomLives does.
func TestTheLogGivesTheState(t *testing.T) {
	t.Parallel()
	patched := func(_ []move, _ onboarding.Report, before, after onboarding.State, _ onboarding.Verdict, _ []onboarding.Effect) string {
		if patched, err := onboarding.Patch(before, onboarding.Diff(before, after)); err != nil || !reflect.DeepEqual(patched, after) {
			return fmt.Sprintf("the log's changes give %+v, want %+v (%v)", patched, after, err)
		}
		return ""
	}
	walkThrough(t, whole(), 2, pauses, patched)
	walkThrough(t, alphabet(), 3, pauses[:1], patched)
}

// sequences walks through all of them, depth first.
type sequences struct {
	t       *testing.T
	policy  onboarding.Policy
	reports []onboarding.Report
	longest int
	pauses  []time.Duration // between two reports: each is tried
	check   check
	seen    map[past][]move // the first moves that left the past behind
	again   int             // how many others did
}

// check says what is wrong with what a report did after the moves, or "".
type check func(moves []move, r onboarding.Report, before, after onboarding.State, v onboarding.Verdict, effects []onboarding.Effect) string

// move is a report and the pause behind it, by their numbers.
type move struct{ report, pause int }

func walkThrough(t *testing.T, reports []onboarding.Report, longest int, pauses []time.Duration, check check) *sequences {
	w := &sequences{t: t, policy: onboarding.DefaultPolicy(), reports: reports, longest: longest, pauses: pauses, check: check, seen: map[past][]move{}}
	w.goOn(nil, onboarding.State{UserID: "user-1"}, t0)
	return w
}

// goOn tries every report after the moves, which led to the state at a time.
func (w *sequences) goOn(moves []move, s onboarding.State, at time.Time) {
	for i, r := range w.reports {
		after, verdict, effects := onboarding.Apply(s, report(r, at), w.policy, at)
		if f := w.check(moves, r, s, after, verdict, effects); f != "" {
			w.t.Fatalf("%s%v: %s", w.text(moves), r, f)
		}
		if len(moves)+1 == w.longest {
			continue
		}
		for j, pause := range w.pauses {
			next, later := append(slices.Clip(moves), move{i, j}), at.Add(pause)
			p := pastOf(after, later)
			p.length = len(next)
			if first, ok := w.seen[p]; ok {
				w.again++
				w.same(first, next, after, later)
				continue
			}
			w.seen[p] = next
			w.goOn(next, after, later)
		}
	}
}

// same holds that no report can tell apart two pasts that go on as one. There are many:
// four reports are tried after each of the shorter and one after every fiftieth of the
// longest, all in their turn.
func (w *sequences) same(first, second []move, s onboarding.State, at time.Time) {
	tries := 4
	if len(first) == 3 {
		if w.again%50 != 0 {
			return
		}
		tries = 1
	}
	t, atFirst := w.fold(first)
	for i := range tries {
		r := w.reports[(w.again+i)%len(w.reports)]
		a, va, ea := onboarding.Apply(t, report(r, atFirst), w.policy, atFirst)
		b, vb, eb := onboarding.Apply(s, report(r, at), w.policy, at)
		alike := va == vb && reflect.DeepEqual(ea, eb)
		for _, pause := range w.pauses {
			alike = alike && pastOf(a, atFirst.Add(pause)) == pastOf(b, at.Add(pause))
		}
		if !alike {
			w.t.Fatalf("%s%v is %s with %v, but\n%s%v is %s with %v", w.text(first), r, va.Outcome, names(ea), w.text(second), r, vb.Outcome, names(eb))
		}
	}
}

func (w *sequences) fold(moves []move) (onboarding.State, time.Time) {
	s, at := onboarding.State{UserID: "user-1"}, t0
	for _, m := range moves {
		s, _, _ = onboarding.Apply(s, report(w.reports[m.report], at), w.policy, at)
		at = at.Add(w.pauses[m.pause])
	}
	return s, at
}

func (w *sequences) text(moves []move) string {
	text := ""
	for _, m := range moves {
		text += fmt.Sprintf("%v, %v later ", w.reports[m.report], w.pauses[m.pause])
	}
	return text
}

// past is what some reports left behind, as far as a later one can find out: no times
// but whether a window has passed since, and no counters.
type past struct {
	length           int // of the sequence
	stage, told      onboarding.Stage
	access           onboarding.Access
	approved, before bool
	checks           [len(onboarding.Checks)]checkPast
}

type checkPast struct {
	status                       onboarding.Status
	words                        string
	before, moving, relied       bool
	held, lateTold               bool
	passedAt, lostAt, reportedAt age
}

type age int8

func pastOf(s onboarding.State, now time.Time) past {
	ageOf := func(t time.Time) age {
		switch {
		case t.IsZero():
			return 0
		case now.Sub(t) < time.Hour:
			return 1
		}
		return 2
	}
	p := past{stage: s.Stage, told: s.Told, access: s.Access, approved: s.Approved, before: s.ApprovedBefore}
	for i, c := range onboarding.Checks {
		k := s.Checks.At(c)
		q := checkPast{
			status: k.Get(), before: k.PassedBefore, moving: k.Moving, relied: k.ReliedOn, held: k.HeldReport, lateTold: k.LateTold, lostAt: ageOf(k.LostAt),
			words: strings.Join([]string{k.ProviderStatus, k.Attempt, k.Processing, strings.Join(k.Reasons, ","), strings.Join(k.DocsMissing, ",")}, "/"),
		}
		if k.Is(onboarding.StatusPassed) {
			q.passedAt = ageOf(k.PassedAt)
		}
		if c == onboarding.KYCFiles {
			q.reportedAt = ageOf(k.ReportedAt)
		}
		p.checks[i] = q
	}
	return p
}
