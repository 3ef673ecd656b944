package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"admit/cmd/simulator/internal/story"
)

// typedWithin bounds one command that an operator types.
const typedWithin = 30 * time.Second

// console is where operators type Admit's own commands.
type console struct {
	program string
	env     environment
	plan    plan
}

func newConsole(o options, env environment, p plan) (console, error) {
	program := o.admit
	if strings.ContainsRune(program, filepath.Separator) {
		var err error
		// For it runs in another directory.
		if program, err = filepath.Abs(program); err != nil {
			return console{}, fmt.Errorf("find %s: %w", o.admit, err)
		}
	}
	return console{program, env, p}, nil
}

// Type runs a command and waits for its end. It fails where the exit code is
// another than it must be.
func (c console) Type(ctx context.Context, o story.Order) error {
	_, err := c.run(ctx, o)
	return err
}

// run also returns what the command wrote.
func (c console) run(ctx context.Context, o story.Order) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, typedWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, o.Args...)
	cmd.Dir, cmd.Stdin = c.plan.Dir, strings.NewReader(o.Stdin)
	cmd.Env = c.env.with(map[string]string{"ADMIT_ADMIN_URL": c.plan.Admin, "ADMIT_TOKEN": tokens[o.By]})
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		code, err = exit.ExitCode(), nil
	}
	said = strings.TrimSpace(out.String())
	switch {
	case err != nil:
		return said, fmt.Errorf("type admit %s: %w", shellLine(o.Args), err)
	case code != o.Exit:
		return said, fmt.Errorf("admit %s ends with %d, not %d, and says: %s", shellLine(o.Args), code, o.Exit, said)
	}
	return said, nil
}

// all types lines as a reader may, and fails with the first that does not end well.
func (c console) all(ctx context.Context, lines []line) error {
	for _, l := range lines {
		if err := c.Type(ctx, story.Order{By: story.Dev, Args: l.args}); err != nil {
			return err
		}
	}
	return nil
}

// shellLine returns words as a line to type.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n\"'`$\\|&;<>()*?[]{}#~=%!") {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
