package e2e_test

import (
	"fmt"
	"strings"
	"time"
)

// crowd are users who are let in, shut out and let in again, step by step, so
// many on the same step one after the other.
type crowd struct {
	s     *system
	users int // that were started
	steps int // that were taken, by all of them
}

// How a crowd lives.
const (
	together = 8 // users of a group
	life     = 3 // steps of a user
	pace     = 100 * time.Millisecond
)

// address is where a user of the crowd is written to.
func (c *crowd) address(user string) string { return user + "@example.com" }

// arrive has the merchant start users, so that two groups have steps to take.
func (c *crowd) arrive() {
	c.s.t.Helper()
	for c.users < (c.steps/(together*life)+2)*together {
		user := c.s.user(c.users)
		c.s.started(user, map[string]string{"email": c.address(user), "locale": "en"})
		c.users++
	}
}

// live has users take steps until the worker is dead.
func (c *crowd) live(struck <-chan struct{}) {
	c.s.t.Helper()
	tick, deadline := time.NewTicker(pace), time.NewTimer(time.Minute)
	defer tick.Stop()
	defer deadline.Stop()
	for {
		if c.steps < c.users*life {
			c.step()
		}
		select {
		case <-struck:
			return
		case <-tick.C:
		case <-deadline.C:
			c.s.t.Fatal("no delivery of the kind came in a minute")
		}
	}
}

// finish has the users who took a step take all of them.
func (c *crowd) finish() {
	c.s.t.Helper()
	for c.steps%(together*life) != 0 {
		c.step()
	}
}

// step has the next user take a step.
func (c *crowd) step() {
	c.s.t.Helper()
	group, rest := c.steps/(together*life), c.steps%(together*life)
	user := c.s.user(group*together + rest%together)
	c.steps++
	switch rest / together {
	case 0:
		c.s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	case 1:
		c.s.accepted(pathKYC, kyc(user, "EXPIRED", ""))
	default: // a pass right after a reversal may be stale, so work in progress comes before it
		c.s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", "PENDING"))
		c.s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	}
}

// verify holds what downstream got against the users' timelines.
func (c *crowd) verify(k *sink, box *postbox) {
	t := c.s.t
	t.Helper()
	var hooks, mails tally
	for n := range c.users {
		user := c.s.user(n)
		entries, err := c.s.timeline(user)
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.s.see(user)
		if err != nil {
			t.Fatal(err)
		}
		hooks.hooks(c.s, entries, k.of(user))
		mails.mails(c.s, user, entries, box.to(c.address(user)))
		k.follows(t, v)
	}
	if len(hooks.ids) != hooks.effects || len(mails.ids) != mails.effects {
		t.Errorf("%d effects came by hook under %d IDs, %d by mail under %d", hooks.effects, len(hooks.ids), mails.effects, len(mails.ids))
	}
	if hooks.twice+mails.twice == 0 {
		t.Error("nothing came twice, so no worker died between sending and recording")
	}
	t.Logf("by hook: %v", hooks)
	t.Logf("by mail: %v", mails)
}

// tally counts what came downstream.
type tally struct {
	effects int             // that came
	calls   int             // in all
	twice   int             // effects that came twice or more
	ids     map[string]bool // under which they came
}

func (c tally) String() string {
	return fmt.Sprintf("%d effects came in %d deliveries, %d of them twice or more, each under one ID", c.effects, c.calls, c.twice)
}

// came counts an effect that came so often under an ID.
func (c *tally) came(id string, times int) {
	if c.ids == nil {
		c.ids = map[string]bool{}
	}
	c.ids[id] = true
	c.effects++
	c.calls += times
	if times > 1 {
		c.twice++
	}
}

// hooks holds that each delivered effect came to the sink, nothing else did but
// what was superseded on its way, and that what came again was the same.
func (c *tally) hooks(s *system, entries []entry, calls []call) {
	s.t.Helper()
	came := map[string][]call{}
	for _, one := range calls {
		came[one.key("core")] = append(came[one.key("core")], one)
	}
	for _, e := range entries {
		if e.Kind != "effect" || e.Target != "core" {
			continue
		}
		calls := came[e.Key]
		delete(came, e.Key)
		if e.State != "delivered" && e.State != "superseded" || e.State == "delivered" && len(calls) == 0 {
			s.t.Errorf("%s is %s, and came %d times", e.Key, e.State, len(calls))
		}
		if len(calls) == 0 {
			continue
		}
		for _, again := range calls[1:] {
			if again.ID != calls[0].ID || string(again.Raw) != string(calls[0].Raw) {
				s.t.Errorf("%s came as %s %s and as %s %s", e.Key, calls[0].ID, calls[0].Raw, again.ID, again.Raw)
			}
		}
		c.came(calls[0].ID, len(calls))
	}
	for key := range came {
		s.t.Errorf("%s came and is not in the timeline", key)
	}
}

// mails holds the same of the mails to a user, who is told each thing once.
func (c *tally) mails(s *system, user string, entries []entry, mails []letter) {
	s.t.Helper()
	delivered, superseded := 0, 0
	for _, e := range entries {
		switch {
		case e.Kind != "effect" || e.Target != "mail":
		case e.State == "delivered":
			delivered++
		case e.State == "superseded":
			superseded++
		default:
			s.t.Errorf("%s is %s", e.Key, e.State)
		}
	}
	byID, bySubject := map[string][]letter{}, map[string]bool{}
	for _, l := range mails {
		byID[l.ID] = append(byID[l.ID], l)
		bySubject[l.Subject] = true
	}
	if n := len(byID); n < delivered || n > delivered+superseded || len(bySubject) != n {
		s.t.Errorf("%s got mails under %d IDs with %d subjects; %d were delivered, %d superseded", user, n, len(bySubject), delivered, superseded)
	}
	for id, same := range byID {
		for _, again := range same[1:] {
			if again.Subject != same[0].Subject || again.Text != same[0].Text || again.HTML != same[0].HTML {
				s.t.Errorf("the mail %s came as %q and as %q", id, same[0].Subject+"\n"+same[0].Text, again.Subject+"\n"+again.Text)
			}
		}
		if !strings.HasSuffix(id, "@example.com>") {
			s.t.Errorf("a mail has the Message-ID %q", id)
		}
		c.came(id, len(same))
	}
}
