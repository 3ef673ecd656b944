package access_test

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"admit/cmd/examplereceiver/internal/access"
)

// orders calls f with every order of what is left, each once.
func orders(left map[int64]int, sofar []int64, f func([]int64)) {
	empty := true
	for version := int64(1); version <= int64(len(left)); version++ {
		if left[version] == 0 {
			continue
		}
		empty = false
		left[version]--
		orders(left, append(sofar, version), f)
		left[version]++
	}
	if empty {
		f(sofar)
	}
}

// TestOrders holds that, in whatever order grants and revokes come, each once or
// twice, what is held after each is the newest of what came so far: so every order
// ends right, and none lets a user in who was shut out later.
func TestOrders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		times   map[int64]int // how often each version comes
		orderly int
	}{
		{"three, each once or twice", map[int64]int{1: 2, 2: 2, 3: 2}, 90},
		{"four, ending in a revoke", map[int64]int{1: 2, 2: 2, 3: 2, 4: 2}, 2520},
		{"five, ending in a grant", map[int64]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1}, 120},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			orders(c.times, nil, func(order []int64) {
				tried++
				store := &access.Memory{}
				r := receiver(t, store, slog.New(slog.DiscardHandler))
				newest := int64(0)
				for i, version := range order {
					if got := deliver(t, r, hook(version)); got != http.StatusNoContent {
						t.Fatalf("%v at %d: status %d", order, i, got)
					}
					newest = max(newest, version)
					if w, _, err := store.Get(t.Context(), "user-1"); err != nil || w.Version != newest || w.Granted != grants(newest) {
						t.Fatalf("%v at %d: holds %+v, %v; want version %d", order, i, w, err, newest)
					}
				}
			})
			if tried != c.orderly {
				t.Errorf("%d orders were tried, want %d", tried, c.orderly)
			}
		})
	}
}

// TestAtOnce holds the same of hooks that come at once, and that each version is
// kept at most once.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	const versions, copies = 40, 5
	store := &counting{kept: map[int64]int{}}
	r := receiver(t, store, slog.New(slog.DiscardHandler))
	var all []int64
	for range copies {
		for version := range int64(versions) {
			all = append(all, version+1)
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var deliveries sync.WaitGroup
	for part := range slices.Chunk(all, len(all)/20) {
		deliveries.Go(func() {
			for _, version := range part {
				if got := deliver(t, r, hook(version)); got != http.StatusNoContent {
					t.Errorf("version %d: status %d", version, got)
				}
			}
		})
	}
	deliveries.Wait()
	if w, _, err := store.Get(t.Context(), "user-1"); err != nil || w.Version != versions || w.Granted != grants(versions) {
		t.Errorf("it ends with %+v, %v; want version %d", w, err, versions)
	}
	for version, times := range store.kept {
		if times > 1 {
			t.Errorf("version %d was kept %d times", version, times)
		}
	}
}
