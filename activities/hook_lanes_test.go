package activities_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// TestHookLanesShareNoConnections holds that a rest lane whose connections all
// hang leaves the access lane alone.
func TestHookLanesShareNoConnections(t *testing.T) {
	t.Parallel()
	const most = 64
	entered, release := make(chan struct{}, most), make(chan struct{})
	e := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == int64(len("rest")) {
			entered <- struct{}{}
			<-release
		}
		w.WriteHeader(http.StatusOK)
	})
	letGo := sync.OnceFunc(func() { close(release) })
	t.Cleanup(letGo)
	h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true})
	var all sync.WaitGroup
	ctx := within(t, patience)
	for range most {
		all.Go(func() { h.Send(ctx, onboarding.Delivery{Key: "k", Lane: onboarding.LaneRest, Payload: []byte("rest")}) })
	}
	deadline := time.After(patience)
	for range most {
		await(t, entered, deadline)
	}
	if a := h.Send(within(t, patience/4), grant); !same(a, delivered) {
		t.Errorf("Send in the access lane = %+v", a)
	}
	letGo()
	all.Wait()
}
