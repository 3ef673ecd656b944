package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
)

func TestOnboarding(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	if _, err := s.Onboarding(t.Context(), "user-1"); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	accept(t, s, report("user-1", started))
	o, err := s.Onboarding(t.Context(), "user-1")
	if err != nil || o.Stage != onboarding.StageCollecting || o.BlockedOn != onboarding.User || o.Access != onboarding.AccessNone ||
		o.Pending != 1 || o.LastSeq != 0 || o.Held == nil || !o.StartedAt.Equal(one[time.Time](t, db, "select received from events")) {
		t.Errorf("before the first fold: %+v %v", o, err)
	}

	advance(t, s, "user-1")
	rejected := body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}, Message: "Show your\x07 face."}
	accept(t, s, report("user-1", rejected))
	advance(t, s, "user-1")
	silent := rejected
	silent.Message = "not folded yet"
	accept(t, s, report("user-1", silent), report("user-1", verified))
	o, err = s.Onboarding(t.Context(), "user-1")
	if err != nil || o.Stage != onboarding.StageActionRequired || o.Pending != 2 || o.Events != 2 || o.LastSeq != 2 || o.Version != 2 || o.HasContact {
		t.Errorf("one = %+v %v", o, err)
	}
	if k := o.Checks.KYC; k == nil || k.Message != "Show your face." || !slices.Equal(k.Reasons, rejected.Reasons) {
		t.Errorf("kyc = %+v", o.Checks.KYC)
	}
	if o.NextDeadline == nil || !o.NextDeadline.Equal(one[time.Time](t, db, "select next_deadline from onboardings")) {
		t.Errorf("deadline = %v", o.NextDeadline)
	}
	advance(t, s, "user-1")
	if o, err = s.Onboarding(t.Context(), "user-1"); err != nil || o.Checks.KYC.Message != "" {
		t.Errorf("a pass shows the message of the rejection before it: %+v", o.Checks.KYC)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	var users []string
	for i := range 12 {
		user := fmt.Sprintf("user-%02d", i)
		if i == 7 {
			user = "User-Z" // before every lower-case letter, whatever the collation
		}
		users = append(users, user)
		accept(t, s, report(user, []body{started, verified}[i%2]))
		if i < 9 {
			advance(t, s, user)
		}
	}
	accept(t, s, report("user-05", expired))
	advance(t, s, "user-05")
	slices.Sort(users)
	yes, no := true, false
	for _, tc := range []struct {
		name   string
		filter onboarding.ListFilter
		want   []string
	}{
		{"all", onboarding.ListFilter{}, users},
		{"in review", onboarding.ListFilter{Stage: onboarding.StageInReview}, []string{"user-00", "user-02", "user-04", "user-06", "user-08"}},
		{"approved", onboarding.ListFilter{Stage: onboarding.StageApproved}, []string{"User-Z", "user-01", "user-03"}},
		{"collecting: not folded yet", onboarding.ListFilter{Stage: onboarding.StageCollecting}, []string{"user-09", "user-10", "user-11"}},
		{"blocked on nobody", onboarding.ListFilter{BlockedOn: onboarding.Nobody}, []string{"User-Z", "user-01", "user-03"}},
		{"blocked on the user", onboarding.ListFilter{BlockedOn: onboarding.User}, []string{"user-05", "user-09", "user-10", "user-11"}},
		{"stalled", onboarding.ListFilter{Stalled: &yes}, nil},
		{"not stalled", onboarding.ListFilter{Stalled: &no}, users},
		{"reversed", onboarding.ListFilter{Reversed: &yes}, []string{"user-05"}},
		{"reversed and stalled", onboarding.ListFilter{Reversed: &yes, Stalled: &yes}, nil},
		{"not reversed, approved", onboarding.ListFilter{Reversed: &no, Stage: onboarding.StageApproved}, []string{"User-Z", "user-01", "user-03"}},
		{"two filters", onboarding.ListFilter{Stage: onboarding.StageApproved, BlockedOn: onboarding.User}, nil},
	} {
		for _, limit := range []int{0, 1, 2, 5, 12, 1000} {
			var got []string
			f := tc.filter
			f.Limit = limit
			for pages := 0; ; pages++ {
				page, next, err := s.List(t.Context(), f)
				if err != nil || limit > 0 && len(page) > limit {
					t.Fatalf("%s: page of %d, %v", tc.name, len(page), err)
				}
				for _, o := range page {
					got = append(got, o.UserID)
				}
				if f.After = next; next == "" || pages > 20 {
					break
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s in pages of %d: %q", tc.name, limit, got)
			}
		}
	}
}
