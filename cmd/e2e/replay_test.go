package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestReplay holds that an unknown word is listed and can be replayed, and that an
// old build does not understand it any better the second time.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	s.serve()
	user := s.user(1)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.accepted(pathPOA, status(user, "LOST_IN_THE_MAIL"))
	s.sees(user, "approved, after two webhooks", func(v view) bool { return v.Events == 2 })
	type event struct {
		ID                    int64
		UserID, State, Replay string
		ReplayedBy            int64
	}
	list := func() []event {
		t.Helper()
		var page struct{ Items []event }
		if err := s.getJSON("/v1/events?state=unrecognised", &page); err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	items := list()
	if len(items) != 1 || items[0].UserID != user || items[0].ReplayedBy != 0 {
		t.Fatalf("listed %+v", items)
	}
	path := fmt.Sprintf("http://%s/v1/events/%d/replay", s.admin, items[0].ID)
	replay := func(token string, status int, says string) {
		t.Helper()
		if a, err := s.send(http.MethodPost, path, bearer(token), nil); err != nil || a.status != status || !strings.Contains(a.body, says) {
			t.Errorf("replay: %v, %v; want %d %s", a, err, status, says)
		}
	}
	replay(readerToken, http.StatusForbidden, "forbidden")
	replay(operatorToken, http.StatusAccepted, user)
	s.sees(user, "approved, after three webhooks", func(v view) bool { return v.Events == 3 && v.Stage == "approved" })
	if outcomes := s.outcomes(user); fmt.Sprint(outcomes) != "[applied unrecognised unrecognised]" {
		t.Errorf("outcomes %v", outcomes)
	}
	if again := list(); len(again) != 1 || again[0].ReplayedBy == 0 || again[0].Replay != "unrecognised" {
		t.Errorf("listed after the replay: %+v", again)
	}
	operate := []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + operatorToken}
	id := fmt.Sprint(items[0].ID)
	says(t, operate, []string{"events", "list", "--state", "unrecognised"}, exitDone, []string{id, user, "p100/poa-verification"})
	says(t, operate, []string{"events", "replay", id}, exitDone, []string{"admit timeline " + user})
	says(t, operate, []string{"events", "replay", "999999"}, exitNotFound, []string{"No event has this ID"})
	s.sees(user, "approved, after four webhooks", func(v view) bool { return v.Events == 4 && v.Stage == "approved" })
	says(t, operate, []string{"timeline", user}, exitDone, []string{"replay of " + id, "by alice"})
}
