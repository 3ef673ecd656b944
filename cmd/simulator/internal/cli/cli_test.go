package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"admit/cmd/simulator/internal/cli"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":            {nil, 2, "simulator run [flags]"},
		"help":               {[]string{"help"}, 0, "simulator run [flags]"},
		"an unknown command": {[]string{"walk"}, 2, `no command "walk"`},
		"help of run":        {[]string{"run", "--help"}, 0, "-once"},
		"an unknown flag":    {[]string{"run", "--twice"}, 2, "-twice"},
		"a stray argument":   {[]string{"run", "now"}, 2, `unexpected argument "now"`},
		"no stack":           {[]string{"run"}, 2, "TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_UI_URL, DEVSTACK_SMTP_ADDRESS, DEVSTACK_MAIL_URL not set"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if code := cli.Run(test.args, []string{"DATABASE_URL=x"}, &out, &out); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("it says %q, without %q", out.String(), test.says)
			}
		})
	}
}

func TestAdmitThatDiesIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, "dies")
	code, said := s.wait()
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, want := range []string{"it is serve", "level=ERROR the reason of its end", "has ended by itself: exit status 3"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := start(t, "dies", "--admit", "/no/such/admit")
	if code, said := s.wait(); code != 1 || !strings.Contains(said, "start /no/such/admit") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

func TestEndsInOrderWhenAsked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		code int
	}{
		"staying":        {nil, 0},
		"for the answer": {[]string{"--once"}, 1}, // there is none
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "never ready", test.args...)
			if log := s.log("up with 127.0.0.1:"); strings.Contains(log, "true") {
				t.Errorf("a setting of the shell reaches Admit: %s", log)
			}
			s.log("the APIs answer 503 503") // for this Admit does not say what it knows
			if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code, said := s.wait(); code != test.code {
				t.Errorf("exit code %d, want %d:\n%s", code, test.code, said)
			}
			s.log("ended in order")
		})
	}
}

func TestConfigurationIsWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		crm  bool
	}{
		"alone":         {nil, false},
		"with a worker": {[]string{"--example-worker", "/bin/true"}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "dies", test.args...)
			s.wait()
			text, err := os.ReadFile(filepath.Join(s.dir, "simulator.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{
				"collecting: {remind: [4s, 1h], abandon: 720h}", `url: "http://127.0.0.1:`, `address: "none"`,
				"four_eyes: [override_check]", `review_url: "none/namespaces/none/workflows/onboarding:{userId}"`,
			} {
				if !strings.Contains(string(text), want) {
					t.Errorf("the configuration has no %q:\n%s", want, text)
				}
			}
			if got := strings.Contains(string(text), "task_queue: crm"); got != test.crm {
				t.Errorf("the other team is told: %t", got)
			}
		})
	}
}
