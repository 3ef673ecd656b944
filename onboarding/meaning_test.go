package onboarding_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

// TestWords holds every cell of the tables that turn a provider's words into a
// check, each reported for a new user.
func TestWords(t *testing.T) {
	t.Parallel()
	const (
		pending, verification, successful, rejected = "PENDING", "VERIFICATION", "SUCCESSFUL", "REJECTED_BY_PROVIDER"
		working                                     = "VERIFICATION_IN_PROGRESS"
	)
	for _, c := range []struct {
		name   string
		report onboarding.Report
		want   onboarding.Status
	}{
		{"kyc VERIFIED", kyc("VERIFIED", ""), onboarding.StatusPassed},
		{"kyc VERIFIED PENDING", kyc("VERIFIED", pending), onboarding.StatusPassed},
		{"kyc VERIFIED VERIFICATION", kyc("VERIFIED", verification), onboarding.StatusPassed},
		{"kyc VERIFIED SUCCESSFUL", kyc("VERIFIED", successful), onboarding.StatusPassed},
		{"kyc VERIFIED REJECTED_BY_PROVIDER", kyc("VERIFIED", rejected, "NO_FACE_FOUND"), onboarding.StatusPassed},
		{"kyc VERIFIED unknown attempt", kyc("VERIFIED", "PAUSED"), onboarding.StatusPassed},
		{"kyc NOT_VERIFIED", kyc("NOT_VERIFIED", ""), onboarding.StatusAwaitingUser},
		{"kyc NOT_VERIFIED PENDING", kyc("NOT_VERIFIED", pending), onboarding.StatusInReview},
		{"kyc NOT_VERIFIED VERIFICATION", kyc("NOT_VERIFIED", verification), onboarding.StatusInReview},
		{"kyc NOT_VERIFIED SUCCESSFUL never passes", kyc("NOT_VERIFIED", successful), onboarding.StatusInReview},
		{"kyc NOT_VERIFIED REJECTED_BY_PROVIDER", kyc("NOT_VERIFIED", rejected, "NO_FACE_FOUND"), onboarding.StatusActionRequired},
		{"kyc NOT_VERIFIED unknown attempt", kyc("NOT_VERIFIED", "PAUSED"), onboarding.StatusInReview},
		{"kyc EXPIRED", kyc("EXPIRED", ""), onboarding.StatusExpired},
		{"kyc EXPIRED PENDING", kyc("EXPIRED", pending), onboarding.StatusInReview},
		{"kyc EXPIRED VERIFICATION", kyc("EXPIRED", verification), onboarding.StatusInReview},
		{"kyc EXPIRED SUCCESSFUL", kyc("EXPIRED", successful), onboarding.StatusInReview},
		{"kyc EXPIRED REJECTED_BY_PROVIDER", kyc("EXPIRED", rejected, "DOC_EXPIRED"), onboarding.StatusActionRequired},
		{"kyc EXPIRED unknown attempt", kyc("EXPIRED", "PAUSED"), onboarding.StatusInReview},
		{"kyc_files ADDED", files("ADDED"), onboarding.StatusInReview},
		{"kyc_files ERROR", files("ERROR"), onboarding.StatusActionRequired},
		{"poa WAITING", poa("WAITING"), onboarding.StatusInReview},
		{"poa APPROVED", poa("APPROVED"), onboarding.StatusPassed},
		{"poa REJECTED", poa("REJECTED"), onboarding.StatusActionRequired},
		{"poa QUESTIONED", poa("QUESTIONED"), onboarding.StatusActionRequired},
		{"high_risk OK", highRisk("OK"), onboarding.StatusPassed},
		{"high_risk REJECTED", highRisk("REJECTED"), onboarding.StatusFailed},
		{"account ACTIVE", account("ACTIVE"), onboarding.StatusPassed},
		{"sepa_kyc CREATED", sepa("CREATED", ""), onboarding.StatusAwaitingUser},
		{"sepa_kyc KYC_NEEDED", sepa("KYC_NEEDED", ""), onboarding.StatusAwaitingUser},
		{"sepa_kyc PENDING_KYC_DATA", sepa("PENDING_KYC_DATA", ""), onboarding.StatusAwaitingUser},
		{"sepa_kyc CREATED processing", sepa("CREATED", working), onboarding.StatusInReview},
		{"sepa_kyc KYC_NEEDED processing", sepa("KYC_NEEDED", working), onboarding.StatusInReview},
		{"sepa_kyc PENDING_KYC_DATA processing", sepa("PENDING_KYC_DATA", working), onboarding.StatusInReview},
		{"sepa_kyc PENDING_KYC_DATA unknown processing", sepa("PENDING_KYC_DATA", "RESTING"), onboarding.StatusInReview},
		{"sepa_kyc KYC_PENDING", sepa("KYC_PENDING", ""), onboarding.StatusInReview},
		{"sepa_kyc SOFT_KYC_FAILED", sepa("SOFT_KYC_FAILED", ""), onboarding.StatusActionRequired},
		{"sepa_kyc HARD_KYC_FAILED", sepa("HARD_KYC_FAILED", ""), onboarding.StatusFailed},
		{"sepa_kyc FULL_USER", sepa("FULL_USER", ""), onboarding.StatusPassed},
		{"sepa_kyc null processing", sepaNull(working), onboarding.StatusInReview},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			newStory(t).report(c.report).wantOutcome(onboarding.Applied).wantCheck(c.report.Check, c.want)
		})
	}
}

func TestUnknownStatus(t *testing.T) {
	t.Parallel()
	for _, r := range []onboarding.Report{
		kyc("SUSPENDED", ""), kyc("", ""), files("QUEUED"), poa("OK"), highRisk("APPROVED"), account("CLOSED"), sepa("HARD_FAIL", ""),
		{Check: "horoscope", Status: "OK"},
	} {
		t.Run(string(r.Check)+" "+r.Status, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(r).wantOutcome(onboarding.Unrecognised).wantTold()
			s.wantStage(onboarding.StageCollecting, onboarding.User)
			if !slices.Contains(names(s.effects), "event.unrecognised:"+string(r.Check)) {
				t.Fatalf("effects %v lack event.unrecognised", names(s.effects))
			}
			// For an approved user a reviewer is told; nothing moves.
			s = newStory(t).report(approved).after(time.Hour).report(r).wantOutcome(onboarding.Unrecognised)
			s.wantStage(onboarding.StageApproved, onboarding.Nobody).wantTold("unrecognised:" + string(r.Check))
		})
	}
	// Whatever stands beside it.
	for _, attempt := range []string{"PENDING", "VERIFICATION", "SUCCESSFUL", "REJECTED_BY_PROVIDER", "PAUSED"} {
		sameAfter(t, kyc("SUSPENDED", ""), kyc("SUSPENDED", attempt, "NO_FACE_FOUND"))
	}
	for _, processing := range []string{"VERIFICATION_IN_PROGRESS", "RESTING"} {
		r := sepa("HARD_FAIL", processing)
		r.Reasons, r.DocsMissing = []string{"BAD_SELFIE"}, []string{"SELFIE"}
		sameAfter(t, sepa("HARD_FAIL", ""), r)
	}
}

// sameAfter holds that two reports do the same to a new user, an approved and a
// suspended one.
func sameAfter(t *testing.T, r, other onboarding.Report) {
	t.Helper()
	for _, past := range [][]onboarding.Report{nil, {approved}, {approved, kyc("NOT_VERIFIED", "PENDING")}} {
		s, o := newStory(t), newStory(t)
		for _, p := range past {
			s.report(p).after(time.Hour)
			o.report(p).after(time.Hour)
		}
		s.report(r)
		o.report(other)
		if s.verdict != o.verdict || !slices.Equal(names(s.effects), names(o.effects)) || len(onboarding.Diff(s.state, o.state)) > 0 {
			t.Errorf("%v is %s with %v and %v %s with %v", r, s.verdict.Outcome, names(s.effects), other, o.verdict.Outcome, names(o.effects))
		}
	}
}

func TestUnknownWordBesideAKnownOne(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PAUSED")).wantCheck(onboarding.KYC, onboarding.StatusInReview)
	s.wantEffects("onboarding.started", "onboarding.in_review", "check.changed:kyc", "event.unrecognised:kyc")
	if got := s.state.Checks.KYC.Attempt; got != "PAUSED" {
		t.Fatalf("attempt %q, want the provider's own word", got)
	}
	s = newStory(t).report(sepa("KYC_PENDING", "RESTING"))
	s.wantEffects("onboarding.started", "onboarding.in_review", "check.changed:sepa_kyc", "event.unrecognised:sepa_kyc")
}

// TestProcessing holds that each documented kycProcessingStatus is known, beside a
// status and beside null, and that no other is.
func TestProcessing(t *testing.T) {
	t.Parallel()
	for word, known := range map[string]bool{
		"USER_CREATION_IN_PROGRESS": true, "APPLICANT_CREATION_IN_PROGRESS": true, "DOCUMENT_UPLOAD_IN_PROGRESS": true,
		"VERIFICATION_IN_PROGRESS": true, "RESTING": false,
	} {
		for _, r := range []onboarding.Report{sepa("CREATED", word), sepaNull(word)} {
			s := newStory(t).report(r).wantOutcome(onboarding.Applied).wantCheck(onboarding.SEPAKYC, onboarding.StatusInReview)
			if odd := slices.Contains(names(s.effects), "event.unrecognised:sepa_kyc"); odd == known {
				t.Errorf("%s beside %q: effects %v", word, r.Status, names(s.effects))
			}
		}
	}
}

func TestNullSaysNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(sepaNull("")).wantOutcome(onboarding.Noted).wantCheck(onboarding.SEPAKYC, onboarding.StatusNone)
	s.report(sepaNull("")).wantOutcome(onboarding.Noted) // never a duplicate
	s.report(sepa("KYC_PENDING", "")).report(sepaNull("")).wantOutcome(onboarding.Noted).wantCheck(onboarding.SEPAKYC, onboarding.StatusInReview)
}

func TestNullWithProcessingKeepsAPass(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(sepa("FULL_USER", "")).after(90 * 24 * time.Hour)
	s.report(sepaNull("VERIFICATION_IN_PROGRESS")).wantOutcome(onboarding.Late).wantCheck(onboarding.SEPAKYC, onboarding.StatusPassed)
	s.wantTold("late_report:sepa_kyc")
}

func TestAbsentAttempt(t *testing.T) {
	t.Parallel()
	const rejected = "REJECTED_BY_PROVIDER"
	for _, c := range []struct {
		name    string
		story   []onboarding.Report
		attempt string
		reasons []string
		status  onboarding.Status
	}{
		{"keeps the attempt and its reason", []onboarding.Report{kyc("NOT_VERIFIED", rejected, "NO_FACE_FOUND"), kyc("NOT_VERIFIED", "")}, rejected, []string{"NO_FACE_FOUND"}, onboarding.StatusActionRequired},
		{"keeps it when the user is verified", []onboarding.Report{kyc("NOT_VERIFIED", "SUCCESSFUL"), kyc("VERIFIED", "")}, "SUCCESSFUL", nil, onboarding.StatusPassed},
		{"clears it when VERIFIED is left", []onboarding.Report{kyc("VERIFIED", "SUCCESSFUL"), kyc("NOT_VERIFIED", "")}, "", nil, onboarding.StatusAwaitingUser},
		{"clears it when EXPIRED is entered from VERIFIED", []onboarding.Report{kyc("VERIFIED", "SUCCESSFUL"), kyc("EXPIRED", "")}, "", nil, onboarding.StatusExpired},
		{"clears it when EXPIRED is entered from NOT_VERIFIED", []onboarding.Report{kyc("NOT_VERIFIED", rejected, "DOC_EXPIRED"), kyc("EXPIRED", "")}, "", nil, onboarding.StatusExpired},
		{"keeps it while EXPIRED stays", []onboarding.Report{kyc("EXPIRED", "PENDING"), kyc("EXPIRED", "")}, "PENDING", nil, onboarding.StatusInReview},
		{"ignores a reason without an attempt", []onboarding.Report{kyc("NOT_VERIFIED", "PENDING"), kyc("NOT_VERIFIED", "", "DOC_FAKE")}, "PENDING", nil, onboarding.StatusInReview},
		{"a new attempt replaces the reason", []onboarding.Report{kyc("NOT_VERIFIED", rejected, "NO_FACE_FOUND"), kyc("NOT_VERIFIED", "PENDING")}, "PENDING", nil, onboarding.StatusInReview},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, r := range c.story {
				s.after(time.Hour).report(r)
			}
			k := s.wantCheck(onboarding.KYC, c.status).state.Checks.KYC
			if k.Attempt != c.attempt || !slices.Equal(k.Reasons, c.reasons) {
				t.Fatalf("attempt %q for %q, want %q for %q", k.Attempt, k.Reasons, c.attempt, c.reasons)
			}
		})
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	many, longest := slices.Repeat([]string{"BAD_SELFIE"}, 40), strings.Repeat("AZ09", 16)
	for _, c := range []struct {
		name       string
		sent, kept []string
	}{
		{"codes are kept", []string{"BAD_SELFIE", "MRZ_2"}, []string{"BAD_SELFIE", "MRZ_2"}},
		{"free text is not", []string{"Ann's selfie is blurred"}, []string{"OTHER"}},
		{"lower case is not", []string{"bad_selfie"}, []string{"OTHER"}},
		{"control characters are not", []string{"BAD\x1b[2J"}, []string{"OTHER"}},
		{"64 bytes are kept", []string{longest}, []string{longest}},
		{"65 are not", []string{longest + "A"}, []string{"OTHER"}},
		{"blanks vanish", []string{"", " ", "BAD_SELFIE"}, []string{"BAD_SELFIE"}},
		{"at most 32", many, many[:32]},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(onboarding.Report{Check: onboarding.SEPAKYC, Status: "SOFT_KYC_FAILED", Reasons: c.sent, DocsMissing: c.sent})
			k := s.state.Checks.SEPAKYC
			if !slices.Equal(k.Reasons, c.kept) || !slices.Equal(k.DocsMissing, c.kept) {
				t.Fatalf("kept %q and %q, want %q", k.Reasons, k.DocsMissing, c.kept)
			}
		})
	}
}

func TestHighRiskOKPassesKYC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before []onboarding.Report
		want   onboarding.Status
	}{
		{"none", nil, onboarding.StatusPassed},
		{"awaiting_user", []onboarding.Report{kyc("NOT_VERIFIED", "")}, onboarding.StatusPassed},
		{"in_review", []onboarding.Report{kyc("NOT_VERIFIED", "PENDING")}, onboarding.StatusPassed},
		{"not action_required", []onboarding.Report{kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_FAKE")}, onboarding.StatusActionRequired},
		{"not reversed", []onboarding.Report{approved, kyc("NOT_VERIFIED", "")}, onboarding.StatusAwaitingUser},
		{"not expired", []onboarding.Report{kyc("EXPIRED", "")}, onboarding.StatusExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, r := range c.before {
				s.after(time.Hour).report(r)
			}
			s.after(time.Hour).report(highRisk("OK")).wantCheck(onboarding.KYC, c.want)
			if c.want == onboarding.StatusPassed {
				s.wantStage(onboarding.StageApproved, onboarding.Nobody)
				s.report(kyc("VERIFIED", "")).wantOutcome(onboarding.Duplicate)
			}
		})
	}
}

// TestExpiredOfAUserWhoNeverPassed holds that EXPIRED means an earlier pass only
// where nothing at all was known of kyc.
func TestExpiredOfAUserWhoNeverPassed(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).after(time.Hour).report(kyc("EXPIRED", ""))
	s.wantStage(onboarding.StageActionRequired, onboarding.User).wantAccess(onboarding.AccessNone, 0).wantCheck(onboarding.KYC, onboarding.StatusExpired)
	if s.state.Checks.KYC.Reversed() || s.state.Reversed || s.state.ApprovedBefore {
		t.Fatalf("kyc reversed %v, approved before %v", s.state.Checks.KYC.Reversed(), s.state.ApprovedBefore)
	}
	s.after(time.Second).report(approved).wantOutcome(onboarding.Applied).wantAccess(onboarding.AccessGranted, 1)
}

func TestExpiredBeforeAnythingWasKnown(t *testing.T) {
	t.Parallel()
	for _, attempt := range []string{"", "PENDING", "REJECTED_BY_PROVIDER"} {
		s := newStory(t).report(kyc("EXPIRED", attempt))
		if !s.state.Checks.KYC.Reversed() || !s.state.ApprovedBefore || !s.state.Reversed {
			t.Fatalf("EXPIRED %q: kyc reversed %v, approved before %v", attempt, s.state.Checks.KYC.Reversed(), s.state.ApprovedBefore)
		}
		s.wantAccess(onboarding.AccessRevoked, 1)
		if s.state.Stage != onboarding.StageSuspended {
			t.Fatalf("stage %s, want suspended", s.state.Stage)
		}
	}
}
