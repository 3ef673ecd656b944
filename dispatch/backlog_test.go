package dispatch_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"admit/dispatch"
	"admit/onboarding"
)

// backlog stands in for a database and an engine with users who wait without end:
// each ring is folded at once, and a question takes its time.
type backlog struct {
	took func(limit int) time.Duration

	mu     sync.Mutex
	stuck  bool         // nobody folds: rings are taken and lead to nothing yet
	rung   map[int]bool // while stuck
	folded map[int]bool // but for those before the first
	first  int          // everybody before is folded
	most   int          // users asked for at once, since it was stuck
}

func (b *backlog) WaitingUsers(_ context.Context, _ time.Duration, limit int) ([]string, error) {
	time.Sleep(b.took(limit)) // of the bubble's time
	b.mu.Lock()
	defer b.mu.Unlock()
	b.most = max(b.most, limit)
	users := make([]string, 0, limit)
	for i := b.first; len(users) < limit; i++ {
		if !b.folded[i] {
			users = append(users, strconv.Itoa(i))
		}
	}
	return users, nil
}

func (b *backlog) OverdueUsers(context.Context, int) ([]string, error) { return nil, nil }

func (b *backlog) Start(_ context.Context, userID string, _ onboarding.Ring) error {
	i, err := strconv.Atoi(userID)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stuck {
		b.rung[i] = true
		return nil
	}
	b.fold(i)
	return nil
}

func (b *backlog) fold(i int) {
	for b.folded[i] = true; b.folded[b.first]; b.first++ {
		delete(b.folded, b.first)
	}
}

// release folds for everybody who was rung while it was stuck.
func (b *backlog) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.rung {
		b.fold(i)
	}
	b.stuck = false
}

// A backlog drains as fast at its end as at its beginning: who was folded long ago
// makes no later question dearer.
func TestABacklogDrainsAtTheRate(t *testing.T) {
	t.Parallel()
	const minutes, rate = 10, 200
	perUser := func(limit int) time.Duration { return time.Duration(limit) * 20 * time.Microsecond }
	tests := []struct {
		name  string
		took  func(limit int) time.Duration
		stuck time.Duration
	}{
		{name: "each user asked for takes time", took: perUser},
		{name: "each question takes a second", took: func(int) time.Duration { return time.Second }},
		{name: "after nobody folded", took: perUser, stuck: 5 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &backlog{took: tt.took, stuck: tt.stuck > 0, folded: map[int]bool{}, rung: map[int]bool{}}
			in(t, func(o *dispatch.Options) { o.Starter, o.Source = b, b }, func(t *testing.T, w *world) {
				if b.stuck {
					w.after(tt.stuck)
					b.release()
					w.after(time.Minute)
				}
				b.mu.Lock()
				before := b.first
				b.most = 0
				b.mu.Unlock()
				w.after(minutes * time.Minute)
				b.mu.Lock()
				defer b.mu.Unlock()
				if got, want := b.first-before, rate*minutes*60*9/10; got < want {
					t.Errorf("%d users rung in %d minutes, want %d", got, minutes, want)
				}
				if b.most > 5000 { // some seconds of rings
					t.Errorf("%d users asked for at once", b.most)
				}
			})
		})
	}
}
