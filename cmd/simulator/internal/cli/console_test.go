package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"admit/cmd/simulator/internal/cli"
	"admit/cmd/simulator/internal/story"
)

// script writes a program that a shell runs.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "admit")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestType(t *testing.T) {
	t.Parallel()
	program := script(t, `echo "$# $2 $ADMIT_TOKEN $ADMIT_ADMIN_URL $ADMIT_SHADOW $HOME $(pwd)"; cat; echo complaint >&2; exit $1`)
	dir := t.TempDir()
	tests := map[string]struct {
		order story.Order
		says  string
		fails string
	}{
		"done by one": {story.Order{By: story.Dev, Stdin: "user-1\n", Args: []string{"0", "a b"}},
			"2 a b dev-admin-token-0001 http://admin.example  /home " + dir + "\nuser-1\ncomplaint", ""},
		"refused to another, as it must be": {story.Order{By: story.Colleague, Args: []string{"1"}, Exit: 1},
			"1  dev-colleague-token-0002 http://admin.example  /home " + dir + "\ncomplaint", ""},
		"refused":               {story.Order{By: story.Dev, Args: []string{"1", "a b"}}, "complaint", "admit 1 'a b' ends with 1, not 0, and says: 2 a b"},
		"done, and must not be": {story.Order{By: story.Dev, Args: []string{"0"}, Exit: 1}, "complaint", "ends with 0, not 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, err := cli.Type(t.Context(), program, dir, test.order)
			if !strings.HasSuffix(said, test.says) {
				t.Errorf("it says %q, want %q", said, test.says)
			}
			if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("the error is %v, want %q", err, test.fails)
			}
		})
	}
}

func TestTypeWithoutAProgramOrTime(t *testing.T) {
	t.Parallel()
	order := story.Order{By: story.Dev, Args: []string{"list"}}
	if _, err := cli.Type(t.Context(), filepath.Join(t.TempDir(), "admit"), t.TempDir(), order); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cli.Type(ctx, script(t, "exit 0"), t.TempDir(), order); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestLinesThatFailAreTold holds that the play for CI finds a line that does not
// work.
func TestLinesThatFailAreTold(t *testing.T) {
	t.Parallel()
	if err := cli.TypeAll(t.Context(), script(t, "exit 0"), t.TempDir(), result); err != nil {
		t.Errorf("no line fails: %v", err)
	}
	err := cli.TypeAll(t.Context(), script(t, `[ "$1" != audit ]`), t.TempDir(), result)
	if err == nil || !strings.Contains(err.Error(), "admit audit lost-run --at 2026-11-21T11:59:59Z ends with 1") {
		t.Errorf("the error is %v", err)
	}
}
