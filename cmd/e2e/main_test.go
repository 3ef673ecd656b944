package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// parallel is how many tests run at once unless -parallel says otherwise: most
// of them wait most of the time, some of them for minutes.
const parallel = "5"

// world is what the tests share.
var world struct {
	admit    string // the binary under test
	devstack string // runs a PostgreSQL or a Temporal of a test's own
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if err := setDefaultParallel(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "admit-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	if err := prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", errors.Join(err, os.RemoveAll(dir)))
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	return code
}

// setDefaultParallel raises the number of tests at once where the command line
// does not set it.
func setDefaultParallel() error {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", parallel)
}

// prepare looks for what the tests need and builds the binary under test.
func prepare(dir string) error {
	for _, name := range []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "DEVSTACK_SMTP_ADDRESS", "DEVSTACK_MAIL_DIR"} {
		if os.Getenv(name) == "" {
			return fmt.Errorf("%s is not set: run make test", name)
		}
	}
	var err error
	if world.devstack, err = filepath.Abs("../../bin/devstack"); err != nil {
		return fmt.Errorf("find devstack: %w", err)
	}
	if _, err := os.Stat(world.devstack); err != nil {
		return fmt.Errorf("bin/devstack is not built: run make test: %w", err)
	}
	world.admit = filepath.Join(dir, "admit")
	if out, err := exec.Command("go", "build", "-o", world.admit, "admit/cmd/admit").CombinedOutput(); err != nil {
		return fmt.Errorf("build admit: %w\n%s", err, out)
	}
	return nil
}
