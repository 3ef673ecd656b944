package cli_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What is sent again, how it is told, and that it ends.
func TestHooksReplay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, args string
		code       int
		out, says  string
		sent       []string
	}{
		{"some", "ledger 6 4 6", cli.ExitDone, "2 effects replayed to ledger\n", "2/2 effects", []string{"ledger 4 by clerk", "ledger 6 by clerk"}},
		{"one that is none", "ledger 4 5", cli.ExitFailed, "1 effect replayed to ledger\n", "1 effect not replayed: only what ledger was given up on is", []string{"ledger 4 by clerk"}},
		{"all", "ledger --all", cli.ExitDone, "3 effects replayed to ledger\n", "3/3 effects", []string{"ledger 4 by clerk", "ledger 6 by clerk", "ledger 9 by clerk"}},
		{"all, by and by", "ledger --all", cli.ExitDone, "3 effects replayed to ledger\n", "3/3 effects", []string{"ledger 4 by clerk", "ledger 6 by clerk", "ledger 9 by clerk"}},
		{"all, given up on again at once", "mail --all", cli.ExitDone, "1 effect replayed to mail\n", "1/1 effects", []string{"mail 5 by clerk"}},
		{"all of nothing", "core-banking --all", cli.ExitDone, "0 effects replayed to core-banking\n", "", nil},
		{"as JSON", "ledger --all --json", cli.ExitDone, "{\n  \"replayed\": 3\n}\n", "", []string{"ledger 4 by clerk", "ledger 6 by clerk", "ledger 9 by clerk"}},
		{"the present", "crm --present", cli.ExitDone, "crm is told what is true now: 6 effects\n", "6 effects",
			[]string{"crm tells of .. by clerk", "crm tells of a/b ü by clerk", "crm tells of user-1 by clerk"}},
		{"the present from somewhere on", "crm --present --after user", cli.ExitDone, "crm is told what is true now: 2 effects\n", "", []string{"crm tells of user-1 by clerk"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			st.halting = c.name == "all, by and by"
			args := append([]string{"hooks", "replay", "--reason", "it was repaired"}, strings.Fields(c.args)...)
			code, out, said := operator{url: serve(t, st), token: operateToken, clock: newClock()}.run(t, args...)
			if code != c.code || out != c.out || !strings.Contains(said, c.says) || !slices.Equal(st.sent, c.sent) {
				t.Errorf("exit %d, sent %q: %s%s", code, st.sent, out, said)
			}
			if len(c.sent) > 0 && st.why != "it was repaired" {
				t.Errorf("because of %q", st.why)
			}
		})
	}
}

// A replay that is cut short says how far it came, and the same again goes on.
func TestHooksReplayGoesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, args string
		says       []string
		again      int // effects that the same again finds
	}{
		{"all", "ledger --all", []string{"2 effects replayed; the same again goes on", "The store does not answer"}, 1},
		{"the present", "crm --present", []string{"2 effects replayed; the same again goes on with --after ..", "The store does not answer"}, 6},
		{"the present, which was told", "core-banking --present", []string{"0 effects replayed; the same again goes on with --after ..", "The store does not answer"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			replays := 0
			url := between(t, st, func(_ http.ResponseWriter, r *http.Request) bool {
				st.mu.Lock()
				defer st.mu.Unlock()
				if strings.HasSuffix(r.URL.Path, "/replay") {
					if replays++; replays == 2 {
						st.replayErr = onboarding.ErrUnavailable
					}
				}
				return false
			})
			o := operator{url: url, token: operateToken, clock: newClock()}
			args := append([]string{"hooks", "replay", "--reason", "it was repaired"}, strings.Fields(c.args)...)
			code, out, said := o.run(t, args...)
			if code != cli.ExitUnavailable || out != "" || o.clock.slept() < 30*time.Second {
				t.Errorf("exit %d after %v: %s", code, o.clock.slept(), out)
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q: %s", want, said)
				}
			}
			st.mu.Lock()
			st.replayErr, st.sent = nil, nil
			st.mu.Unlock()
			code, out, said = o.run(t, args...)
			if code != cli.ExitDone || !strings.Contains(out, plural(c.again)) {
				t.Errorf("exit %d: %s%s", code, out, said)
			}
		})
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 effect "
	}
	return string(rune('0'+n)) + " effects"
}

func TestHooksTest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, hook string
		attempt    onboarding.Attempt
		json       bool
		code       int
		out, says  string
	}{
		{"taken", "core-banking", onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "204"}, false, cli.ExitDone, "core-banking took it: 204 after 123ms\n", ""},
		{"taken, as JSON", "core-banking", onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "204"}, true, cli.ExitDone,
			"{\n  \"result\": \"delivered\",\n  \"answer\": \"204\",\n  \"tookMs\": 123\n}\n", ""},
		{"refused", "core-banking", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "404"}, false, cli.ExitFailed, "", "core-banking did not take it: refused, 404 after 123ms"},
		{"refused, as JSON", "core-banking", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "404"}, true, cli.ExitFailed,
			"{\n  \"result\": \"refused\",\n  \"answer\": \"404\",\n  \"tookMs\": 123\n}\n", "did not take it"},
		{"a task queue", "crm", onboarding.Attempt{}, false, cli.ExitFailed, "", "would take a test for the real thing; admit hooks list says whether anybody polls it"},
		{"mail", "mail", onboarding.Attempt{}, false, cli.ExitFailed, "", "admit notify preview shows the mails"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			st.attempt = c.attempt
			args := []string{"hooks", "test", c.hook}
			if c.json {
				args = append(args, "--json")
			}
			code, out, said := run(t, serve(t, st), operateToken, args...)
			if code != c.code || out != c.out || !strings.Contains(said, c.says) {
				t.Errorf("exit %d: %s%s", code, out, said)
			}
		})
	}
}

// A target of whose workers nothing is known counts as it stands.
func TestHooksWithoutAnEngine(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.engine = http.ErrServerClosed
	code, out, said := operator{url: serve(t, st), token: readToken, clock: newClock()}.run(t, "hooks", "list")
	if code != cli.ExitDone || strings.Contains(out, "nobody polls") || !strings.Contains(out, "crm  ") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	st.targets = nil
	code, out, said = run(t, serve(t, st), readToken, "hooks", "list")
	if code != cli.ExitDone || out != "" || said != "admit: none are configured\n" {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

// A hook that takes nothing is told of before it counts as failing.
func TestHooksBeforeTheyFail(t *testing.T) {
	t.Parallel()
	since := at.Add(-time.Hour)
	for _, c := range []struct {
		name string
		hook onboarding.HookView
		want bool
	}{
		{"nothing delivered", onboarding.HookView{Failures: 9, FailedSince: &since}, true},
		{"all well", onboarding.HookView{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			c.hook.Name, c.hook.Kind, c.hook.Access, c.hook.State, c.hook.LastAnswer = "core", "http", true, onboarding.HookWorking, "503"
			st.targets = []onboarding.HookView{c.hook}
			code, out, said := run(t, serve(t, st), readToken, "hooks", "list")
			if code != cli.ExitDone || strings.Contains(out, "\n  9 failed attempts since 2026-03-01T09:00:00+01:00 and nothing delivered") != c.want {
				t.Errorf("exit %d: %s%s", code, out, said)
			}
		})
	}
}
