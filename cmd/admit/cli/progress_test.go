package cli_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/cli"
)

// What a terminal shows is one line that is written over; a file gets a line now
// and then.
func TestProgress(t *testing.T) {
	t.Parallel()
	var terminal, file strings.Builder
	for _, c := range []struct {
		w    *strings.Builder
		over bool
	}{{&terminal, true}, {&file, false}} {
		clock := newClock()
		p := cli.NewProgress(c.w, clock.Now, 100, c.over)
		for n := range 50 {
			if err := clock.Sleep(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			p.Add(1, n%25/24)
		}
		if err := clock.Sleep(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		p.Again(errors.New("no answer from \x1b[31mhttp://127.0.0.1:8081, which is a long way from here\ncheck that"))
		p.End()
		p.End()
	}
	shown := strings.Split(terminal.String(), "\r")
	if len(shown) != 53 || strings.Count(terminal.String(), "\n") != 1 || shown[50] != "50/100 users, 1.0/s, 50s left, 2 failed\x1b[K" {
		t.Errorf("%d lines: %q", len(shown), terminal.String())
	}
	if stuck := strings.TrimSuffix(shown[51], "\x1b[K"); len(stuck) != 79 || !strings.Contains(stuck, "trying again: no answer from [31m") {
		t.Errorf("%q", stuck)
	}
	lines := strings.Split(file.String(), "\n")
	if len(lines) != 7 || lines[0] != "10/100 users, 1.0/s, 1m30s left" || lines[5] != "50/100 users, 1.0/s, 51s left, 2 failed" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}
