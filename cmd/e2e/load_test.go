package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load is many webhooks for many users. Each body carries a number in a member
// that Admit ignores, so that it can be found again in what is stored.
type load struct {
	s       *system
	senders int // at once
	users   int
	each    int           // webhooks per user, sent one after the other
	insist  time.Duration // how long one that was not answered 200 is sent again; 0: never

	answered atomic.Int64
	refused  atomic.Int64 // answered otherwise, or not at all
}

// words are what a user's webhooks report in turn: nothing that passes, so that
// each is believed when it comes.
var words = []struct{ attempt, reason, status string }{
	{"PENDING", "", "in_review"},
	{"VERIFICATION", "", "in_review"},
	{"REJECTED_BY_PROVIDER", "NO_FACE_FOUND", "action_required"},
	{"VERIFICATION", "", "in_review"},
	{"REJECTED_BY_PROVIDER", "DOC_EXPIRED", "action_required"},
}

// body is the webhook number i of a user.
func (l *load) body(user, i int) string {
	w := words[i%len(words)]
	m := map[string]any{"externalUserId": l.s.user(user), "verificationStatus": "NOT_VERIFIED", "attemptStatus": w.attempt, "n": user*l.each + i}
	if w.reason != "" {
		m["rejectionReason"] = w.reason
	}
	return encode(m)
}

// run sends all webhooks, each user's in order, and returns when each was
// answered 200.
func (l *load) run() error {
	queue := make(chan int)
	failures := make(chan error, l.users)
	var wg sync.WaitGroup
	for range l.senders {
		wg.Go(func() {
			for user := range queue {
				if err := l.sendAll(user); err != nil {
					failures <- err
				}
			}
		})
	}
	for user := range l.users {
		queue <- user
	}
	close(queue)
	wg.Wait()
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func (l *load) sendAll(user int) error {
	for i := range l.each {
		if err := l.sendOne(l.body(user, i)); err != nil {
			return fmt.Errorf("webhook %d of user %d: %w", i, user, err)
		}
	}
	return nil
}

func (l *load) sendOne(body string) error {
	deadline := time.Now().Add(l.insist)
	for {
		a, err := l.s.post(pathKYC, body)
		if err == nil && a.status == http.StatusOK {
			l.answered.Add(1)
			return nil
		}
		l.refused.Add(1)
		if time.Now().After(deadline) {
			return fmt.Errorf("answer %v, %w", a, err)
		}
		<-time.After(pollInterval) // nobody is there to be asked when to come again
	}
}

// stored is an event with its log row.
type stored struct {
	User    string
	EventID int64
	N       int64
	Seq     *int64
	Rows    int64 // log rows of the event
}

// verify holds that every webhook sent is stored and every one stored folded
// exactly once: each user's in the order of their ids, numbered without a gap,
// and the state as the last one says.
func (l *load) verify(t *testing.T) {
	t.Helper()
	rows := query[stored](t, l.s.pool, `
		select e.user_id, e.id, (convert_from(e.body, 'utf8')::jsonb->>'n')::bigint, min(l.seq), count(l.seq)
		from events e left join log l on l.event_id = e.id
		where e.provider = 'p100' and not e.malformed and e.user_id like $1 and convert_from(e.body, 'utf8')::jsonb ? 'n'
		group by e.id order by e.user_id, e.id`, strings.TrimSuffix(l.s.user(0), "0")+"%")
	found := map[int64]int{}
	last := map[string]stored{}
	for _, r := range rows {
		found[r.N]++
		before := last[r.User]
		last[r.User] = r
		switch {
		case r.Rows != 1:
			t.Errorf("event %d of %s has %d log rows", r.EventID, r.User, r.Rows)
		case before.Seq != nil && *r.Seq <= *before.Seq:
			t.Errorf("event %d of %s was folded as %d, after %d as %d", r.EventID, r.User, *r.Seq, before.EventID, *before.Seq)
		case before.EventID != 0 && r.N < before.N:
			t.Errorf("webhook %d of %s was stored after webhook %d", r.N, r.User, before.N)
		}
	}
	for n := range int64(l.users * l.each) {
		if found[n] == 0 {
			t.Errorf("webhook %d was answered 200 and is lost", n)
		}
	}
	if len(last) != l.users {
		t.Errorf("%d users, want %d", len(last), l.users)
	}
	l.verifyStates(t)
	l.verifyTimelines(t, rows)
	t.Logf("%d webhooks sent, %d stored (an unanswered one may be stored), each folded once", l.users*l.each, len(rows))
}

// verifyTimelines holds that each user's timeline shows what is stored, each webhook
// once and in the same order.
func (l *load) verifyTimelines(t *testing.T, rows []stored) {
	t.Helper()
	want := map[string][]int64{}
	for _, r := range rows {
		want[r.User] = append(want[r.User], r.EventID)
	}
	for user, ids := range want {
		entries, err := l.s.timeline(user)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range entries {
			if e.Kind == "log" && e.Input == "p100/kyc-verification" {
				got = append(got, e.EventID)
			}
		}
		if !slices.Equal(got, ids) {
			t.Errorf("the timeline of %s shows the webhooks %v, stored are %v", user, got, ids)
		}
	}
}

// verifyStates holds that no number of a log is missing and that each state is
// what the last webhook said.
func (l *load) verifyStates(t *testing.T) {
	t.Helper()
	gaps := count(t, l.s.pool, `
		select count(*) from (select user_id from log group by user_id having count(*) <> max(seq) or min(seq) <> 1) gaps`)
	if gaps > 0 {
		t.Errorf("the logs of %d users have gaps", gaps)
	}
	want := words[(l.each-1)%len(words)]
	for user := range l.users {
		v, err := l.s.see(l.s.user(user))
		if err != nil {
			t.Fatal(err)
		}
		c := v.Checks["kyc"]
		if c.Attempt != want.attempt || c.Status != want.status || v.Pending != 0 || v.Events < int64(l.each) {
			t.Errorf("%s ends as %+v, want attempt %s", v.UserID, v, want.attempt)
		}
	}
}
