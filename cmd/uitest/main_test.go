package uitest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// world is what the tests share.
var world struct {
	admit    string // the binary under test
	chromium string // the browser
}

// browsers are the names under which Chromium and its like are installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "admit-uitest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "uitest:", err)
		return 1
	}
	code := 1
	if err := prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, "uitest:", err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "uitest:", err)
	}
	return code
}

// prepare looks for what the tests need and builds the binary under test.
func prepare(dir string) error {
	for _, name := range []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_UI_URL"} {
		if os.Getenv(name) == "" {
			return fmt.Errorf("%s is not set: run make test", name)
		}
	}
	for _, name := range browsers {
		path, err := exec.LookPath(name)
		if err == nil {
			world.chromium = path
			break
		}
	}
	if world.chromium == "" {
		return errors.New("no browser: install the package chromium (Debian: apt-get install chromium)")
	}
	world.admit = filepath.Join(dir, "admit")
	if out, err := exec.Command("go", "build", "-C", "../..", "-o", world.admit, "./cmd/admit").CombinedOutput(); err != nil {
		return fmt.Errorf("build admit: %w\n%s", err, out)
	}
	return nil
}
