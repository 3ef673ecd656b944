package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

// sweepAge is how long a deadline has passed before a sweep looks for it: what
// acts on it sooner is the workflow's own timer.
const sweepAge = time.Minute

// deadline is the first escalation of the users in review in these tests: later
// than it takes to lose their workflows.
const deadline = 40 * time.Second

// impatient is a policy with that deadline, and a hook for everything.
func impatient(k *sink) string {
	return fmt.Sprintf("policy:\n  jitter: 0s\n  stall:\n    in_review: {escalate: [%s]}\nhooks:\n", deadline) + k.hook(`"*"`)
}

// bereft are users whose workflows are lost while they have something to do.
type bereft struct {
	s         *system
	k         *sink
	waiting   string // has an effect that downstream does not take
	due       string // has a deadline to come
	delivered string // has all effects delivered
	calls     int    // that downstream had for delivered
}

// bereave brings three users to where their workflows are about to be lost.
func bereave(t *testing.T, s *system, k *sink) bereft {
	t.Helper()
	b := bereft{s: s, k: k, waiting: s.user(901), due: s.user(902), delivered: s.user(903)}
	k.down(func(c call) bool { return c.Data.UserID == b.waiting })
	s.accepted(pathKYC, kyc(b.waiting, "VERIFIED", ""))
	s.accepted(pathKYC, kyc(b.due, "NOT_VERIFIED", "PENDING"))
	s.accepted(pathKYC, kyc(b.delivered, "VERIFIED", ""))
	eventually(t, "the users are where they are to be", func() error {
		n, err := tryCount(s.pool, "select count(*) from effects where state = 'waiting' and user_id <> $1", b.waiting)
		if tries := len(k.of(b.waiting)); err == nil && (n > 0 || tries < 2 || len(k.of(b.delivered)) < 4 || len(k.of(b.due)) < 3) {
			err = fmt.Errorf("%d effects wait, %d attempts, delivered %d and %d", n, tries, len(k.of(b.delivered)), len(k.of(b.due)))
		}
		return err
	})
	b.calls = len(k.of(b.delivered))
	return b
}

// console waits until what the users' workflows were to do is done, without any
// webhook of theirs, and holds that nothing is done again.
func (b bereft) console(t *testing.T, lost time.Time) {
	t.Helper()
	b.k.up()
	eventually(t, "the waiting effects go out and the deadline fires", func() error {
		switch {
		case len(b.k.of(b.due, "onboarding.escalated")) == 0:
			return errors.New("nobody was escalated to")
		case !b.taken("access.granted"), !b.taken("onboarding.approved"):
			return errors.New("the approval was not delivered")
		}
		return nil
	})
	t.Logf("%v after the loss the effects had gone out and the deadline, due %v after its webhook, had fired", time.Since(lost).Round(time.Second), deadline)
	b.s.settled()
	for user, stage := range map[string]string{b.waiting: "approved", b.due: "in_review", b.delivered: "approved"} {
		if v, err := b.s.see(user); err != nil || v.Stage != stage {
			t.Errorf("%s is %+v, %v; want %s", user, v, err, stage)
		}
	}
	if n := len(b.k.of(b.delivered)); n != b.calls {
		t.Errorf("of what was delivered before the loss, %d calls came again", n-b.calls)
	}
	if again := b.k.twice(); len(again) > 0 {
		t.Errorf("delivered twice: %v", again)
	}
}

// taken says whether downstream has taken an effect of the user with the waiting
// ones.
func (b bereft) taken(kind string) bool {
	for _, c := range b.k.of(b.waiting, kind) {
		if c.Status == http.StatusNoContent {
			return true
		}
	}
	return false
}

// TestTemporalLost throws Temporal's data away while effects wait and a deadline
// is to come, and takes a thousand webhooks of 200 users while there is no
// Temporal: on an empty one everything goes on from the users' rows. It takes
// minutes because the sweeps do.
func TestTemporalLost(t *testing.T) {
	t.Parallel()
	k, port, dir := newSink(t), freePort(t), t.TempDir()
	s := newSystem(t, options{temporal: fmt.Sprintf("127.0.0.1:%d", port), config: impatient(k)})
	temporal := startTemporal(t, port, filepath.Join(dir, "first.db"))
	s.serve()
	b := bereave(t, s, k)
	temporal.kill(t)
	lost := time.Now()

	l := &load{s: s, senders: 16, users: 200, each: 5}
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	startTemporal(t, port, filepath.Join(dir, "second.db"))
	again := time.Now()
	s.folded()
	t.Logf("%d webhooks that came without a Temporal were folded %v after an empty one was there", l.answered.Load(), time.Since(again).Round(time.Millisecond))
	l.verify(t)
	b.console(t, lost)
}

// TestWorkflowTerminated terminates the workflows of users with a waiting effect
// and a coming deadline, as the Temporal UI does: the sweeps bring them back. It
// takes minutes because the sweeps do.
func TestWorkflowTerminated(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: impatient(k)})
	s.serve()
	b := bereave(t, s, k)
	c := dial(t, s.temporal, s.namespace)
	for _, user := range []string{b.waiting, b.due, b.delivered} {
		if err := c.TerminateWorkflow(background(t), onboarding.WorkflowID(user), "", "by a test"); err != nil {
			t.Fatalf("terminate the workflow of %s: %v", user, err)
		}
	}
	b.console(t, time.Now())
	// The next webhook of a user whose workflow is gone starts a new one.
	s.accepted(pathKYC, kyc(b.delivered, "EXPIRED", ""))
	s.sees(b.delivered, "suspended", func(v view) bool { return v.Stage == "suspended" && v.Access == "revoked" })
}

// TestWorkflowReset resets workflows to their first task, as the Temporal UI
// does: the state stands, nothing that was delivered goes out again, what waits
// goes out, and the timer is armed anew.
func TestWorkflowReset(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: impatient(k)})
	s.serve()
	b := bereave(t, s, k)
	c := dial(t, s.temporal, s.namespace)
	lost := time.Now()
	for _, user := range []string{b.waiting, b.due, b.delivered} {
		reset(t, c, s.namespace, onboarding.WorkflowID(user))
	}
	b.console(t, lost)
	type row struct{ Late float64 }
	for _, fired := range query[row](t, s.pool, `select extract(epoch from escalated.at - report.received)::float8 as late
		from log report join log escalated on escalated.user_id = report.user_id and escalated.input = 'deadline/escalate'
		where report.user_id = $1 and report.seq = 1`, b.due) {
		if late := time.Duration(fired.Late*float64(time.Second)) - deadline; late < 0 || late >= sweepAge {
			t.Errorf("the deadline fired %v late: a sweep may have found it, and not the timer", late)
		}
	}
	for user := range map[string]bool{b.waiting: true, b.delivered: true} {
		if v, err := s.see(user); err != nil || v.Version != 1 || v.LastSeq != 1 {
			t.Errorf("after the reset %s is %+v, %v", user, v, err)
		}
	}
}

// reset sends a workflow back to its first task.
func reset(t *testing.T, c client.Client, namespace, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	events := c.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatalf("read the history of %s: %v", id, err)
		}
		if e.EventType != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		_, err = c.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: id},
			Reason: "by a test", WorkflowTaskFinishEventId: e.EventId, RequestId: id,
		})
		if err != nil {
			t.Fatalf("reset %s: %v", id, err)
		}
		return
	}
	t.Fatalf("%s has no completed workflow task", id)
}

// TestTemporalAway kills Temporal, takes a thousand webhooks of 200 users
// meanwhile, and starts it again: all are folded, in order, none twice.
func TestTemporalAway(t *testing.T) {
	t.Parallel()
	port, file := freePort(t), filepath.Join(t.TempDir(), "temporal.db")
	s := newSystem(t, options{temporal: fmt.Sprintf("127.0.0.1:%d", port), config: noJitter})
	temporal := startTemporal(t, port, file)
	s.serve()
	s.accepted(pathKYC, kyc(s.user(901), "VERIFIED", ""))
	s.sees(s.user(901), "approved", func(v view) bool { return v.Stage == "approved" })
	temporal.kill(t)

	l := &load{s: s, senders: 16, users: 200, each: 5}
	began := time.Now()
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("without Temporal %d webhooks were answered 200 in %v, %.0f a second", l.answered.Load(), took.Round(time.Millisecond), float64(l.answered.Load())/took.Seconds())
	if v, err := s.see(s.user(7)); err != nil || v.Pending != 5 || v.Events != 0 {
		t.Errorf("a user is shown as %+v, %v; want 5 events pending", v, err)
	}
	startTemporal(t, port, file)
	again := time.Now()
	s.folded()
	t.Logf("all were folded %v after Temporal was back", time.Since(again).Round(time.Millisecond))
	l.verify(t)
}
