package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

// lived sets up a store with a user to whom a bit of everything happened, and
// returns the timeline and the ID of an effect that was delivered.
func lived(t *testing.T) (*postgres.Store, []onboarding.TimelineEntry, int64) {
	t.Helper()
	s, _ := setup(t)
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
	return s, whole, d.ID
}

func TestTimelineOrder(t *testing.T) {
	t.Parallel()
	_, whole, sent := lived(t)
	version, logs := int64(0), 0
	for i, e := range whole {
		if i > 0 && e.At.Before(whole[i-1].At) {
			t.Errorf("entry %d goes back in time", i)
		}
		switch e.Kind {
		case "log":
			version, logs = e.Version, logs+1
		case "effect":
			if e.Version != version {
				t.Errorf("effect %s does not follow its cause", e.Key)
			}
			if e.EffectID == sent && (e.State != onboarding.EffectDelivered || e.DoneAt == nil || e.LastAnswer != "200" || e.Attempts != 1 || e.NextTry != nil) {
				t.Errorf("a delivered effect: %+v", e)
			}
		}
	}
	if logs != 5 || whole[len(whole)-1].Kind != "pending" {
		t.Errorf("%d log entries, the last entry is %s", logs, whole[len(whole)-1].Kind)
	}
}

func TestTimelineEntries(t *testing.T) {
	t.Parallel()
	_, whole, _ := lived(t)
	var logs []onboarding.TimelineEntry
	for _, e := range whole {
		if e.Kind == "log" {
			logs = append(logs, e)
		}
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
}

func TestTimelinePages(t *testing.T) {
	t.Parallel()
	s, whole, _ := lived(t)
	pagesAddUp(t, whole, func(after string, limit int) ([]onboarding.TimelineEntry, string, error) {
		return s.Timeline(t.Context(), "user-1", after, limit)
	})
	if _, _, err := s.Timeline(t.Context(), "user-2", "", 0); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	for _, bad := range []string{"x", "MS4yLjM", "AAAA"} {
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
