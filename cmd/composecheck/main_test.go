package composecheck_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository's: where docker-compose.yml and the Dockerfile are.
var root = func() string {
	path, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return path
}()

// scratch is a directory that all tests share, for what is built once.
var scratch string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "composecheck-"); err != nil {
		fmt.Fprintln(os.Stderr, "composecheck:", err)
		return 1
	}
	// What is left behind is in the system's directory for such things.
	defer func() { _ = os.RemoveAll(scratch) }()
	return m.Run()
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// moduleDir returns the sources of a module that cmd/devstack runs, and its
// version without the v: the containers are held to the same.
func moduleDir(t *testing.T, module string) (dir, version string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}\n{{.Version}}", module)
	cmd.Dir = filepath.Join(root, "cmd/devstack")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -m %s in cmd/devstack: %v", module, err)
	}
	dir, version, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	if dir == "" {
		t.Fatalf("the module %s is not in the module cache; go mod download in cmd/devstack gets it", module)
	}
	return dir, strings.TrimPrefix(version, "v")
}
