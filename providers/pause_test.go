package providers_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"admit/providers"
)

// tooMany returns a 429 that asks for a pause.
func tooMany(seconds int) *http.Response {
	return replies(http.StatusTooManyRequests, strings.NewReader(""), "Retry-After", strconv.Itoa(seconds))
}

// A question that was under way when the provider asked for a pause, and that is
// told to wait for less, does not shorten it.
func TestTheLongerPauseStands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{takes: time.Second, reply: func(n int) *http.Response {
			if n == 1 {
				return tooMany(60)
			}
			time.Sleep(time.Second)
			return tooMany(1)
		}}
		api := open(t, d, providers.APIConfig{})
		if asked := askAll(t.Context(), api, 2); count(asked, "429") != 2 || len(d.came) != 2 {
			t.Fatalf("asked %+v", asked)
		}
		if a := api.Ask(t.Context(), "user-1"); a.Class != "429" || a.RetryAfter != 59*time.Second {
			t.Errorf("asked %+v", a)
		}
	})
}

// Places behind the end of one pause are not those of the next.
func TestEveryPauseHasItsOwnPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{reply: func(int) *http.Response { return tooMany(60) }}
		api := open(t, d, providers.APIConfig{PerSecond: 1})
		for range 2 {
			for i := range 3 {
				want := time.Minute
				if i == 2 {
					want += time.Second
				}
				if a := api.Ask(t.Context(), "user-1"); a.Class != "429" || a.RetryAfter != want {
					t.Errorf("question %d: asked %+v, want to wait %v", i+1, a, want)
				}
			}
			time.Sleep(time.Hour)
		}
		if len(d.came) != 2 {
			t.Errorf("%d questions sent", len(d.came))
		}
	})
}

// A question that is taken back before its time gives that time to the next.
func TestTimeGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		api := open(t, d, providers.APIConfig{PerSecond: 0.5, Timeout: time.Hour})
		begun := time.Now()
		askAll(t.Context(), api, 2)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { api.Ask(ctx, "user-1") })
		time.Sleep(time.Second)
		cancel()
		wg.Wait()
		if a := api.Ask(t.Context(), "user-2"); !a.Answered || time.Since(begun).Round(time.Millisecond) != 2*time.Second {
			t.Errorf("after %v asked %+v", time.Since(begun), a)
		}
	})
}

// endless is a body without an end, which counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 1<<20 {
		return 0, io.ErrUnexpectedEOF
	}
	return copy(p, strings.Repeat("a", len(p))), nil
}

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	body := &endless{}
	api := xgatewayClient.open(t, providers.APIConfig{URL: "https://api.example",
		Transport: carrier(func(*http.Request) (*http.Response, error) { return replies(http.StatusOK, body), nil })})
	if asked := ask(t, api, "user-1"); !asked.Answered || len(asked.Body) != 64<<10 {
		t.Errorf("asked with %d bytes, class %q", len(asked.Body), asked.Class)
	}
}
