package cli

import (
	"context"
	"io"

	"admit/cmd/simulator/internal/story"
)

// Tries gives the commands that a reader may copy.
func Tries(public, admin, user, sepa string) [][2]string {
	return plan{Public: public, Admin: admin}.tries(user, sepa)
}

// Look prints what there is to look at, for a program in dir.
func Look(program, dir, workflows string, r story.Result, out io.Writer) {
	s := scenery{plan: plan{Dir: dir, Admin: "http://admin.example", Workflows: workflows}}
	s.look(options{admit: program}, environment{}, "run", s.typed("run", r), streams{out, out})
}

// Type has a program typed in dir and returns what it says.
func Type(ctx context.Context, program, dir string, o story.Order) (string, error) {
	c, err := newConsole(options{admit: program}, environment{"ADMIT_SHADOW": "true", "HOME": "/home"}, plan{Dir: dir, Admin: "http://admin.example"})
	if err != nil {
		return "", err
	}
	return c.run(ctx, o)
}

// TypeAll types what the play for CI types.
func TypeAll(ctx context.Context, program, dir string, r story.Result) error {
	p := plan{Dir: dir}
	c, err := newConsole(options{admit: program}, environment{}, p)
	if err != nil {
		return err
	}
	return c.all(ctx, p.typed("run", r))
}
