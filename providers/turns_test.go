package providers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"admit/providers"
)

// desk is a transport that answers after a while, and knows who came when.
type desk struct {
	takes time.Duration

	mu    sync.Mutex
	came  []time.Time
	busy  int
	most  int
	reply func(n int) *http.Response // of the n-th question, counted from 1
}

func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.came = append(d.came, time.Now())
	n := len(d.came)
	d.busy++
	d.most = max(d.most, d.busy)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.busy--
		d.mu.Unlock()
	}()
	timer := time.NewTimer(d.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if d.reply != nil {
		if res := d.reply(n); res != nil {
			return res, nil
		}
	}
	return replies(http.StatusOK, strings.NewReader("{}")), nil
}

// askAll asks about n users at the same moment and returns what came of it.
func askAll(ctx context.Context, api *providers.API, n int) []providers.Asked {
	asked := make([]providers.Asked, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { asked[i] = api.Ask(ctx, fmt.Sprintf("user-%d", i)) })
	}
	wg.Wait()
	return asked
}

func count(asked []providers.Asked, class string) int {
	n := 0
	for _, a := range asked {
		if a.Class == class {
			n++
		}
	}
	return n
}

func open(t *testing.T, d *desk, c providers.APIConfig) *providers.API {
	t.Helper()
	c.URL, c.Transport = "https://api.example", d
	return p100Client.open(t, c)
}

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{takes: time.Millisecond}
		api := open(t, d, providers.APIConfig{PerSecond: 5, AtOnce: 100, Timeout: time.Minute})
		begun := time.Now()
		if n := count(askAll(t.Context(), api, 12), ""); n != 12 {
			t.Fatalf("%d answers of 12", n)
		}
		for i, at := range d.came {
			if want := time.Duration(max(i-1, 0)) * 200 * time.Millisecond; at.Sub(begun).Round(time.Millisecond) != want {
				t.Errorf("question %d after %v, want %v", i+1, at.Sub(begun), want)
			}
		}
	})
}

func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{takes: time.Hour}
		api, err := providers.NewP100API(providers.APIConfig{URL: "https://api.example", Key: apiKey, Transport: d})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		asked := askAll(ctx, api, 10)
		// Four are under way until their 5 s are over; the others waited for 4.
		if d.most != 4 || count(asked, "timeout") != 4 || count(asked, "busy") != 6 {
			t.Errorf("%d at once, asked %+v", d.most, asked)
		}
		// Two went at once and two in their time.
		if took := time.Since(begun); took.Round(time.Millisecond) != 5400*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// Nobody waits for more than half of the time he has, so that a question that has
// its turn has time as well; and who would wait in vain is told so at once.
func TestTurnsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{takes: 2 * time.Second}
		api := open(t, d, providers.APIConfig{AtOnce: 1, Timeout: 5 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		if asked := askAll(ctx, api, 4); count(asked, "") != 2 || count(asked, "busy") != 2 {
			t.Errorf("asked %+v", asked)
		}
		if took := time.Since(begun); took != 4*time.Second {
			t.Errorf("took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		api := open(t, d, providers.APIConfig{PerSecond: 0.1, Timeout: 5 * time.Second})
		begun := time.Now()
		asked := askAll(t.Context(), api, 3)
		if count(asked, "") != 2 || count(asked, "busy") != 1 || time.Since(begun) != 0 {
			t.Errorf("after %v asked %+v", time.Since(begun), asked)
		}
		for _, a := range asked {
			if a.Class == "busy" && a.RetryAfter.Round(time.Millisecond) != 10*time.Second {
				t.Errorf("told to wait %v", a.RetryAfter)
			}
		}
		// The one who was sent away has left no gap behind.
		time.Sleep(10 * time.Second)
		if a := api.Ask(t.Context(), "user-1"); !a.Answered {
			t.Errorf("asked %+v", a)
		}
	})
}

func TestTakenBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		config providers.APIConfig
		busy   int // questions before this one
	}{
		{"while it is asked", providers.APIConfig{}, 0},
		{"while it waits for a place", providers.APIConfig{AtOnce: 1}, 1},
		{"while it waits for its time", providers.APIConfig{PerSecond: 0.5, AtOnce: 9}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.config.Timeout = time.Hour
				api := open(t, &desk{takes: time.Minute}, c.config)
				var wg sync.WaitGroup
				wg.Go(func() { askAll(t.Context(), api, c.busy) })
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				wg.Go(func() {
					if a := api.Ask(ctx, "user-1"); a.Answered || a.Class != "cancelled" {
						t.Errorf("asked %+v", a)
					}
				})
				synctest.Wait()
				cancel()
				wg.Wait()
				if a := api.Ask(ctx, "user-1"); a.Answered || a.Class != "cancelled" {
					t.Errorf("after the end: asked %+v", a)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		header string
		want   time.Duration
	}{
		{"seconds", 429, "7", 7 * time.Second},
		{"a date", 503, "Sat, 01 Jan 2000 00:00:30 GMT", 30 * time.Second},
		{"a date that has passed", 503, "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		{"too long", 429, "86400", time.Hour},
		{"a date too far", 429, "Sat, 01 Jan 2050 00:00:00 GMT", time.Hour},
		{"no end", 429, strings.Repeat("9", 40), time.Hour},
		{"429 without", 429, "", 10 * time.Second},
		{"429 at once", 429, "0", 10 * time.Second},
		{"429 with nonsense", 429, "soon", 10 * time.Second},
		{"503 without", 503, "", 0},
		{"503 below zero", 503, "-5", 0},
		{"P501", 400, "3", 3 * time.Second},
		{"an answer asks for nothing", 200, "30", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // whose clock begins with the year 2000
				d := &desk{reply: func(n int) *http.Response {
					if n > 1 {
						return nil
					}
					return replies(c.status, strings.NewReader(`{"errorCode":"P501"}`), "Retry-After", c.header)
				}}
				api := open(t, d, providers.APIConfig{})
				if a := api.Ask(t.Context(), "user-1"); a.RetryAfter != c.want {
					t.Fatalf("asked %+v, want to wait %v", a, c.want)
				}
				if c.want == 0 {
					if a := api.Ask(t.Context(), "user-2"); !a.Answered {
						t.Errorf("refused without a reason: %+v", a)
					}
					return
				}
				time.Sleep(c.want - time.Millisecond)
				if a := api.Ask(t.Context(), "user-2"); a.Class != "429" || a.HTTP != 0 || a.RetryAfter != time.Millisecond || len(d.came) != 1 {
					t.Errorf("in the pause: asked %+v, %d questions sent", a, len(d.came))
				}
				time.Sleep(time.Millisecond)
				if a := api.Ask(t.Context(), "user-2"); !a.Answered {
					t.Errorf("after the pause: asked %+v", a)
				}
			})
		})
	}
}

// Who is sent away in a pause gets a place of his own behind its end, and those
// who wait for a turn when it begins are sent away, too.
func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{takes: 10 * time.Millisecond, reply: func(n int) *http.Response {
			if n == 1 {
				return replies(http.StatusTooManyRequests, strings.NewReader(""), "Retry-After", "60")
			}
			return nil
		}}
		api := open(t, d, providers.APIConfig{PerSecond: 2, AtOnce: 1, Timeout: time.Minute})
		asked := askAll(t.Context(), api, 5)
		if len(d.came) != 1 || count(asked, "429") != 5 {
			t.Fatalf("%d questions sent, asked %+v", len(d.came), asked)
		}
		last := time.Duration(0)
		for _, a := range asked {
			last = max(last, a.RetryAfter)
		}
		// They were sent away as their turns came, each half a second behind the other.
		if last < 60*time.Second || last > 62*time.Second {
			t.Errorf("the last was told to wait %v", last)
		}
		var before time.Duration
		for i := range 10_000 {
			a := api.Ask(t.Context(), "user-1")
			if a.Class != "429" || a.RetryAfter > time.Hour || a.RetryAfter < before {
				t.Fatalf("%d: asked %+v", i, a)
			}
			before = a.RetryAfter
		}
		if before != time.Hour {
			t.Errorf("the last of many was told to wait %v", before)
		}
		time.Sleep(time.Minute)
		if a := api.Ask(t.Context(), "user-1"); !a.Answered {
			t.Errorf("after the pause: asked %+v", a)
		}
	})
}
