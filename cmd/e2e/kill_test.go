package e2e_test

import (
	"flag"
	"sync"
	"testing"
	"time"
)

var kills = flag.Int("kills", 20, "how often TestKilledBetweenSendingAndRecording kills the worker")

// blow is where a worker is killed.
type blow struct {
	mail     bool // at a mail, else at a hook
	answered bool // once the answer is on its way, else before it is written
}

// blows are dealt in turns.
var blows = []blow{{false, false}, {true, false}, {false, true}, {true, true}}

// killer kills a worker in the middle of a delivery: downstream has it, and it is
// not recorded.
type killer struct {
	t *testing.T

	mu     sync.Mutex
	victim *child // nil while none is to be killed
	blow   blow
	spare  int // so many deliveries go by before
	struck chan struct{}
}

// aim has the next delivery but so many kill the worker. The channel is closed
// when the worker is dead.
func (k *killer) aim(victim *child, b blow, spare int) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.victim, k.blow, k.spare, k.struck = victim, b, spare, make(chan struct{})
	return k.struck
}

// at is told of each moment at which a worker may be killed.
func (k *killer) at(b blow) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.victim == nil || k.blow != b:
	case k.spare > 0:
		k.spare--
	default:
		k.victim.kill(k.t)
		k.victim = nil
		close(k.struck)
	}
}

// TestKilledBetweenSendingAndRecording kills the worker between sending and
// recording, again and again, while deliveries about several users are in flight:
// each effect reaches downstream, and what comes twice can be told by its ID. With
// -args -kills 200 it takes some minutes, and says more.
func TestKilledBetweenSendingAndRecording(t *testing.T) {
	t.Parallel()
	k, box, killer := newSink(t), newPostbox(t), &killer{t: t}
	k.sees = func(_ call, answered bool) { killer.at(blow{false, answered}) }
	box.sees = func(_ letter, answered bool) { killer.at(blow{true, answered}) }
	s := newSystem(t, options{config: "policy: {jitter: 0s, settle: 0s}\nhooks:\n" + k.hook(`"*"`) + box.config()})
	s.spawn("ingress", "ADMIT_ADMIN_LISTEN="+freeAddress(t))
	s.listens()
	c, began := &crowd{s: s}, time.Now()
	worker := s.spawn("worker")
	s.ready(worker)
	for i := range *kills {
		c.arrive()
		c.live(killer.aim(worker, blows[i%len(blows)], i%3))
		worker = s.spawn("worker")
		s.ready(worker)
	}
	c.finish()
	t.Logf("%d kills of the worker, and %d webhooks about %d users, took %v", *kills, c.steps, c.users, time.Since(began).Round(time.Millisecond))
	s.settled()
	t.Logf("after %v nothing waited any more", time.Since(began).Round(time.Millisecond))
	c.verify(k, box)
}
