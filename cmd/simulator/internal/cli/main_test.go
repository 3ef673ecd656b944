package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"admit/cmd/simulator/internal/cli"
)

// roleVariable makes this test's program be the simulator, or an Admit that
// misbehaves, so that the tests meet them as processes.
const roleVariable = "SIMULATOR_TEST_ROLE"

// admitVariable is what the simulator's Admit is to be.
const admitVariable = "SIMULATOR_TEST_ADMIT"

// patience bounds every wait. It is long because it only matters in failure.
const patience = time.Minute

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "simulator":
		if err := os.Setenv(roleVariable, os.Getenv(admitVariable)); err != nil {
			panic(err)
		}
		os.Exit(cli.Run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
	case "dies":
		fmt.Println("it is", strings.Join(os.Args[1:], " "))
		fmt.Println("level=ERROR the reason of its end")
		os.Exit(3)
	case "never ready":
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		fmt.Println("the APIs answer",
			asked(os.Getenv("ADMIT_P100_API_URL")+"/v1/kyc/status/user-1", os.Getenv("ADMIT_P100_API_KEY")),
			asked(os.Getenv("ADMIT_XGATEWAY_API_URL")+"/api/v2/customer/user-1/bank-transfer/kyc", os.Getenv("ADMIT_XGATEWAY_API_KEY")))
		fmt.Println("up with", os.Getenv("ADMIT_LISTEN"), os.Getenv("ADMIT_SHADOW"))
		<-end
		fmt.Println("ended in order")
	}
}

// asked asks a provider's API and returns the status of the answer.
func asked(url, key string) any {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r.Header["x-api-key"] = []string{key}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return errors.Join(answer.Body.Close(), fmt.Errorf("%d", answer.StatusCode))
}

// simulator is a started simulator.
type simulator struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
	dir  string
}

// start starts the simulator with that Admit.
func start(t *testing.T, admit string, args ...string) *simulator {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &simulator{t: t, done: make(chan error, 1), dir: t.TempDir()}
	s.cmd = exec.Command(program, append([]string{"run", "--admit", program, "--dir", s.dir}, args...)...)
	s.cmd.Env = append(os.Environ(), roleVariable+"=simulator", admitVariable+"="+admit, "ADMIT_SHADOW=true")
	for _, name := range []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_UI_URL", "DEVSTACK_SMTP_ADDRESS", "DEVSTACK_MAIL_URL"} {
		s.cmd.Env = append(s.cmd.Env, name+"=none")
	}
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	t.Cleanup(func() {
		// Only so that a failed test leaves nothing running.
		_ = s.cmd.Process.Kill()
	})
	return s
}

// wait waits for the end and returns the exit code and all that was said.
func (s *simulator) wait() (code int, said string) {
	s.t.Helper()
	select {
	case err := <-s.done:
		if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
			s.t.Fatal(err)
		}
	case <-time.After(patience):
		s.t.Fatal("the simulator does not end")
	}
	return s.cmd.ProcessState.ExitCode(), s.out.String()
}

// log waits until Admit's log has a text, and returns the log.
func (s *simulator) log(text string) string {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		// It is not there before Admit is started.
		log, _ := os.ReadFile(filepath.Join(s.dir, "admit.log"))
		if strings.Contains(string(log), text) {
			return string(log)
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("Admit's log has no %q: %s", text, log)
		}
		<-time.After(10 * time.Millisecond)
	}
}
