package e2e_test

import (
	"testing"
	"time"
)

// TestCrashes kills the process with SIGKILL three times in the middle of 5,000
// webhooks and starts it again each time: every webhook that was answered 200 is
// folded exactly once, in its user's order.
func TestCrashes(t *testing.T) {
	t.Parallel()
	const crashes = 3
	s := newSystem(t, options{config: noJitter})
	l := &load{s: s, senders: 32, users: 250, each: 20, insist: time.Minute}
	p := s.serve()
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- l.run() }()
	for i := range crashes {
		at := int64(l.users*l.each) * int64(i+1) / (crashes + 1)
		eventually(t, "the webhooks come in", func() error {
			if n := l.answered.Load(); n < at {
				return errFew{n, at}
			}
			return nil
		})
		p.kill(t)
		p = s.serve()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d webhooks were answered 200 within %v, %d times nobody answered", l.answered.Load(), time.Since(began).Round(time.Millisecond), l.refused.Load())
	last := time.Now()
	s.folded()
	t.Logf("the last was folded %v after the last answer", time.Since(last).Round(time.Millisecond))
	l.verify(t)
}
