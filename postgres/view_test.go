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
	if o.NextDeadline == nil || !o.NextDeadline.Equal(advance(t, s, "user-1").Deadline) && o.NextDeadline.Before(o.StageSince) {
		t.Errorf("deadline = %v", o.NextDeadline)
	}
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
	slices.Sort(users)
	yes, no := true, false
	for _, tc := range []struct {
		name   string
		filter onboarding.ListFilter
		want   []string
	}{
		{"all", onboarding.ListFilter{}, users},
		{"in review", onboarding.ListFilter{Stage: onboarding.StageInReview}, []string{"user-00", "user-02", "user-04", "user-06", "user-08"}},
		{"approved", onboarding.ListFilter{Stage: onboarding.StageApproved}, []string{"User-Z", "user-01", "user-03", "user-05"}},
		{"collecting: not folded yet", onboarding.ListFilter{Stage: onboarding.StageCollecting}, []string{"user-09", "user-10", "user-11"}},
		{"blocked on nobody", onboarding.ListFilter{BlockedOn: onboarding.Nobody}, []string{"User-Z", "user-01", "user-03", "user-05"}},
		{"blocked on the user", onboarding.ListFilter{BlockedOn: onboarding.User}, []string{"user-09", "user-10", "user-11"}},
		{"stalled", onboarding.ListFilter{Stalled: &yes}, nil},
		{"not stalled", onboarding.ListFilter{Stalled: &no}, users},
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

func TestTimeline(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	if _, _, err := s.Timeline(t.Context(), "user-1", "", 0); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	accept(t, s, report("user-1", started), onboarding.Event{UserID: "user-1", Provider: "p100", Route: "undecodable", Body: []byte("\xff")})
	advance(t, s, "user-1")
	accept(t, s, report("user-1", verified))
	for _, c := range []onboarding.Command{
		{Name: onboarding.CommandHold, Reason: "a call from the bank", Actor: "ops-1", RequestID: "r1"},
		{Name: onboarding.CommandReopen, Reason: "by mistake", Actor: "ops-1", RequestID: "r2"},
	} {
		if _, err := s.AcceptCommand(t.Context(), "user-1", c); err != nil {
			t.Fatal(err)
		}
	}
	advance(t, s, "user-1")
	d := take(t, s, crmRest, "a").Delivery
	record(t, s, d.ID, "a", delivered)
	lift := onboarding.Command{Name: onboarding.CommandLift, Reason: "all is well", Actor: "ops-2", RequestID: "r3"}
	if _, err := s.AcceptCommand(t.Context(), "user-1", lift); err != nil {
		t.Fatal(err)
	}
	whole, next, err := s.Timeline(t.Context(), "user-1", "", 0)
	if err != nil || next != "" {
		t.Fatalf("timeline: %v %q", err, next)
	}
	var logs []onboarding.TimelineEntry
	for i, e := range whole {
		if i > 0 && e.At.Before(whole[i-1].At) {
			t.Errorf("entry %d goes back in time", i)
		}
		switch e.Kind {
		case "log":
			logs = append(logs, e)
		case "effect":
			if len(logs) == 0 || e.Version != logs[len(logs)-1].Version {
				t.Errorf("effect %s does not follow its cause", e.Key)
			}
			if e.EffectID == d.ID && (e.State != onboarding.EffectDelivered || e.DoneAt == nil || e.LastAnswer != "200" || e.Attempts != 1 || e.NextTry != nil) {
				t.Errorf("a delivered effect: %+v", e)
			}
		}
	}
	if len(logs) != 5 {
		t.Fatalf("%d log entries", len(logs))
	}
	first, second, hold, reopen, last := logs[0], logs[1], logs[3], logs[4], whole[len(whole)-1]
	if first.Input != "p100/kyc-verification" || first.Outcome != onboarding.Applied || len(first.Changes) == 0 || first.EventID == 0 || first.Build != "test" ||
		first.PolicyHash != onboarding.DefaultPolicy().Hash() || string(first.Body) != string(report("", started).Body) || first.Received == nil {
		t.Errorf("first = %+v", first)
	}
	if second.Body != nil || second.Code != "undecodable" {
		t.Errorf("no JSON = %+v", second)
	}
	if hold.Input != "operator/hold" || hold.Actor != "ops-1" || hold.Reason != "a call from the bank" || hold.RequestID != "r1" {
		t.Errorf("command = %+v", hold)
	}
	if reopen.Outcome != onboarding.Refused || reopen.Code != onboarding.RefusedNotClosed || reopen.Reason != "by mistake" {
		t.Errorf("refused command = %+v", reopen)
	}
	if last.Kind != "pending" || last.Input != "operator/lift" || last.Reason != "all is well" || last.Actor != "ops-2" || last.RequestID != "r3" || last.EventID == 0 {
		t.Errorf("pending = %+v", last)
	}
	pagesAddUp(t, whole, func(after string, limit int) ([]onboarding.TimelineEntry, string, error) {
		return s.Timeline(t.Context(), "user-1", after, limit)
	})
	for _, bad := range []string{"x", "MS4yLjM", next + "AAAA"} {
		if _, _, err := s.Timeline(t.Context(), "user-1", bad, 0); !errors.Is(err, onboarding.ErrData) {
			t.Errorf("after %q: %v", bad, err)
		}
	}
}

// pagesAddUp holds that pages of any size give the whole.
func pagesAddUp(t *testing.T, whole []onboarding.TimelineEntry, read func(string, int) ([]onboarding.TimelineEntry, string, error)) {
	t.Helper()
	name := func(e onboarding.TimelineEntry) string { return fmt.Sprint(e.Kind, e.Seq, e.EffectID, e.EventID) }
	for limit := 1; limit <= len(whole); limit++ {
		var got []onboarding.TimelineEntry
		for after := ""; ; {
			page, next, err := read(after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("page of %d: %d entries, %v", limit, len(page), err)
			}
			got = append(got, page...)
			if after = next; next == "" {
				break
			}
		}
		if !slices.EqualFunc(got, whole, func(a, b onboarding.TimelineEntry) bool { return name(a) == name(b) }) {
			t.Errorf("pages of %d do not add up", limit)
		}
	}
}
