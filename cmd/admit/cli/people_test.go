package cli_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What a command's flags become.
func TestCommandFields(t *testing.T) {
	t.Parallel()
	now := newClock().now
	for _, c := range []struct {
		args string
		want onboarding.Command
	}{
		{"override_check --check kyc --status passed", onboarding.Command{Check: "kyc", Status: "passed"}},
		{"override_check --check poa --status failed --until 36h", onboarding.Command{Check: "poa", Status: "failed", Until: now.Add(36 * time.Hour)}},
		{"override_check --check poa --status failed --until 30d", onboarding.Command{Check: "poa", Status: "failed", Until: now.Add(30 * 24 * time.Hour)}},
		{"override_check --check poa --status failed --until 2026-04-01T00:00:00+02:00", onboarding.Command{Check: "poa", Status: "failed", Until: time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)}},
		{"override_check --check poa --status failed --until 2026-03-31", onboarding.Command{Check: "poa", Status: "failed", Until: time.Date(2026, 3, 31, 21, 59, 59, 999999000, time.UTC)}},
		{"lift_override --check sepa_kyc", onboarding.Command{Check: "sepa_kyc"}},
		{"extend_deadline --by 24h", onboarding.Command{By: onboarding.Duration(24 * time.Hour)}},
		{"extend_deadline --by 3d", onboarding.Command{By: onboarding.Duration(72 * time.Hour)}},
		{"reconcile", onboarding.Command{}},
		{"remind", onboarding.Command{}},
		{"lift --approves r-1", onboarding.Command{Approves: "r-1"}},
		{"override_check --approves r-1", onboarding.Command{Approves: "r-1"}},
	} {
		st := newStore()
		args := append([]string{"command", "user-1"}, strings.Fields(c.args)...)
		code, out, said := operator{url: serve(t, st), token: operateToken, clock: newClock()}.run(t, append(args, "--reason", "a", "--request-id", "r-9")...)
		c.want.Name, c.want.Reason, c.want.Actor, c.want.RequestID = args[2], "a", "clerk", "r-9"
		if got := st.commands["user-1 r-9"]; code != cli.ExitDone || got != c.want {
			t.Errorf("%s: exit %d: %+v, want %+v: %s%s", c.args, code, got, c.want, out, said)
		}
	}
}

// A proposal says who may agree, and the command line that it prints does.
func TestProposals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, user string
		args       []string
		role, line string
	}{
		{"a command", "user-1", []string{"command", "user-1", "lift"}, "operate or admin",
			"admit command user-1 lift --approves r-1 --reason TEXT"},
		{"its fields", "a/b ü", []string{"command", "a/b ü", "override_check", "--check", "poa", "--status", "passed", "--until", "2026-04-01T00:00:00Z"}, "operate or admin",
			"admit command 'a/b ü' override_check --check poa --status passed --until 2026-04-01T00:00:00Z --approves r-1 --reason TEXT"},
		{"a span", "it's", []string{"command", "it's", "extend_deadline", "--by", "36h"}, "operate or admin",
			`admit command 'it'\''s' extend_deadline --by 36h0m0s --approves r-1 --reason TEXT`},
		{"a user like a flag", "-x", []string{"command", "--", "-x", "lift"}, "operate or admin",
			"admit command --approves r-1 --reason TEXT -- -x lift"},
		{"erasing", "user-1", []string{"erase", "user-1", "--yes"}, "role admin", "admit erase user-1 --approves r-1 --reason TEXT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			st.fourEyes = true
			st.users[c.user] = onboarding.Onboarding{UserID: c.user}
			o := operator{url: serve(t, st), token: adminToken, clock: newClock()}
			args := append([]string{c.args[0], "--reason", "a", "--request-id", "r-1"}, c.args[1:]...)
			code, out, said := o.run(t, args...)
			if code != cli.ExitDone {
				t.Fatalf("exit %d: %s%s", code, out, said)
			}
			for _, want := range []string{"is proposed and not done yet", "by 2026-03-02T10:00:00+01:00", c.role, "(not chief)", "\n  " + c.line + "\n"} {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q: %s", want, out)
				}
			}
			_, out, _ = o.run(t, "status", "--", c.user)
			if !strings.Contains(out, c.line) {
				t.Errorf("the status does not show it: %s", out)
			}
		})
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	args := []string{"erase", "a/b ü", "--reason", "asked for by the user", "--request-id", "r-1"}
	for _, c := range []struct {
		name, token, types string
		flags              []string
		code               int
		says               string
	}{
		{"the ID is typed", adminToken, "a/b ü\n", nil, cli.ExitDone, "This erases the contact and the webhooks' bodies of a/b ü for good. Type the ID to go on"},
		{"without a line's end", adminToken, "a/b ü", nil, cli.ExitDone, "for good"},
		{"not asked", adminToken, "", []string{"--yes"}, cli.ExitDone, ""},
		{"another ID", adminToken, "a/b u\n", nil, cli.ExitFailed, "that is not the user's ID; nothing is erased"},
		{"another line", adminToken, "\na/b ü\n", nil, cli.ExitFailed, "not the user's ID"},
		{"nobody types", adminToken, "", nil, cli.ExitFailed, "nothing was typed, and nothing is erased; --yes"},
		{"too small a role", operateToken, "", []string{"--yes"}, cli.ExitUnauthorized, "erasing and imports need admin"},
	} {
		st := newStore()
		code, out, said := operator{url: serve(t, st), token: c.token, types: c.types}.run(t, append(args, c.flags...)...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit %d: %s%s", c.name, code, out, said)
		}
		got, sent := st.commands["a/b ü r-1"]
		want := onboarding.Command{Name: onboarding.CommandErase, Reason: "asked for by the user", Actor: "chief", RequestID: "r-1"}
		if sent != (code == cli.ExitDone) || sent && (got != want || !strings.HasPrefix(out, "erase applied: a/b ü is ")) {
			t.Errorf("%s: sent %v %+v: %s", c.name, sent, got, out)
		}
	}
}

// A prompt that nobody answers can be left.
func TestEraseInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	typed, typing := io.Pipe()
	t.Cleanup(func() { _ = typing.Close() }) // ends the read
	said := make(chan string, 1)
	go func() {
		env := func(name string) string { return map[string]string{"ADMIT_TOKEN": adminToken}[name] }
		var out strings.Builder
		code := cli.Run(ctx, []string{"erase", "user-1", "--reason", "a"}, cli.Surroundings{Env: env, Stdin: typed, Stdout: io.Discard, Stderr: &cancelling{&out, cancel}})
		if code != cli.ExitFailed {
			t.Errorf("exit %d", code)
		}
		said <- out.String()
	}()
	select {
	case text := <-said:
		if !strings.Contains(text, "interrupted; nothing is erased") {
			t.Error(text)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
}

// cancelling cancels when it is written to.
type cancelling struct {
	io.Writer
	cancel func()
}

func (c *cancelling) Write(p []byte) (int, error) {
	c.cancel()
	return c.Writer.Write(p)
}

// An audit of today ends now, and one of a day is of its end where the operator is.
func TestAuditTimes(t *testing.T) {
	t.Parallel()
	url := serve(t, newStore())
	for _, c := range []struct{ at, says string }{
		{"2026-03-01", "as known at 2026-03-01T23:59:59+01:00"},
		{"2026-03-02", "as known at 2026-03-02T10:00:00+01:00"},
		{"2026-03-01T09:00:00Z", "as known at 2026-03-01T10:00:00+01:00"},
	} {
		code, out, said := operator{url: url, token: readToken, clock: newClock()}.run(t, "audit", "user-1", "--at", c.at)
		if code != cli.ExitDone || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d: %s%s", c.at, code, out, said)
		}
		if strings.Contains(out, "require_any") {
			t.Errorf("the policies are printed: %s", out)
		}
	}
	code, _, said := run(t, url, readToken, "audit", "user-1", "--at", "9998-12-31")
	if code != cli.ExitUsage || !strings.HasPrefix(said, "admit: --at 9998-12-31 means 9998-12-31T23:59:59+01:00, which is yet to come") {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, _, said := run(t, url, readToken, "audit", "user-1", "--at", "2026-02-01"); code != cli.ExitNotFound || !strings.Contains(said, "user-1: ") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestWake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
		rung []string
	}{
		{"one", []string{"user-1"}, cli.ExitDone, "1 user rung\n", []string{"user-1"}},
		{"some, each once", []string{"user-1", "..", "user-1"}, cli.ExitDone, "2 users rung\n", []string{"..", "user-1"}},
		{"somebody unknown", []string{"user-1", "nobody-1"}, cli.ExitNotFound, "1 user rung\n", []string{"user-1"}},
		{"a stage", []string{"--stage", "suspended"}, cli.ExitDone, "1 user rung\n", []string{"a/b ü"}},
		{"all", []string{"--all", "--rate", "1/s"}, cli.ExitDone, "3 users rung\n", []string{"..", "a/b ü", "user-1"}},
		{"from somewhere on", []string{"--all", "--after", ".."}, cli.ExitDone, "2 users rung\n", []string{"a/b ü", "user-1"}},
		{"as JSON", []string{"--all", "--json"}, cli.ExitDone, "{\n  \"rung\": 3\n}\n", []string{"..", "a/b ü", "user-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			clock := newClock()
			code, out, said := operator{url: serve(t, st), token: operateToken, clock: clock}.run(t, append([]string{"wake"}, c.args...)...)
			if code != c.code || out != c.out || strings.Join(st.rung, ", ") != strings.Join(c.rung, ", ") {
				t.Errorf("exit %d, rung %v: %s%s", code, st.rung, out, said)
			}
			if c.code != cli.ExitDone && !strings.Contains(said, "nobody knows nobody-1") {
				t.Error(said)
			}
			// The last line says how it ended, and on a terminal ends what stands there.
			if !strings.Contains(said, " users") {
				t.Errorf("the progress is left open: %q", said)
			}
			if c.name == "all" && clock.slept() != 2*time.Second {
				t.Errorf("it took %v", clock.slept())
			}
		})
	}
}

// Waking says how to go on where it failed.
func TestWakeFails(t *testing.T) {
	t.Parallel()
	st := newStore()
	url := serve(t, st)
	ctx, interrupt := context.WithCancel(t.Context())
	clock := newClock()
	o := operator{url: url, token: operateToken, ctx: ctx, clock: clock}
	// The second page waits for its second.
	clock.onSleep = interrupt
	code, out, said := o.run(t, "wake", "--all", "--rate", "2/s")
	if code != cli.ExitFailed || out != "" || !strings.Contains(said, "interrupted\n2 users rung; the same again goes on with --after 'a/b ü'") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	st.err = errors.New("away")
	code, _, said = run(t, url, operateToken, "wake", "user-1")
	if code != cli.ExitFailed || !strings.Contains(said, "0 users rung; a ring too many is harmless") {
		t.Errorf("exit %d: %s", code, said)
	}
}
