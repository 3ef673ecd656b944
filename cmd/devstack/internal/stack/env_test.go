package stack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"admit/cmd/devstack/internal/stack"
)

// TestShellReadsFile has a shell read values back as they went in.
func TestShellReadsFile(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"url":     "postgres://admit@127.0.0.1:5433/admit?sslmode=disable",
		"space":   "/home/some one/mail",
		"quote":   "it's $HOME `id` \"quoted\"",
		"two":     "a=b&c=d",
		"nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "env")
			if err := stack.WriteFile(path, []stack.Variable{{Name: "VALUE", Value: value}}); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("sh", "-c", `. "$0"; printf %s "$VALUE"`, path).Output()
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != value {
				t.Errorf("the shell read %q, want %q", out, value)
			}
		})
	}
}

func TestPlainValuesAreNotQuoted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "env")
	variables := []stack.Variable{
		{Name: stack.DatabaseURL, Value: "postgres://admit@127.0.0.1:1/admit?sslmode=disable"},
		{Name: stack.TemporalAddress, Value: "127.0.0.1:2"},
	}
	if err := stack.WriteFile(path, variables); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "DATABASE_URL=postgres://admit@127.0.0.1:1/admit?sslmode=disable\nTEMPORAL_ADDRESS=127.0.0.1:2\n"
	if string(raw) != want {
		t.Errorf("file holds %q, want %q", raw, want)
	}
}
