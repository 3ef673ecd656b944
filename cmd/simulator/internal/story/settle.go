package story

import (
	"context"
	"errors"
	"fmt"

	"admit/cmd/simulator/internal/client"
)

// settled waits until nothing waits in the user's ledger, and returns the
// timeline and how many messages wait all the same. After one wait in vain it
// does not wait again.
func (p *Player) settled(ctx context.Context, userID string) (timeline []client.Entry, waiting int, err error) {
	within := tellWithin
	if p.late {
		within = 0
	}
	err = poll(ctx, within, func() (bool, error) {
		var err error
		timeline, err = p.Admin.Timeline(ctx, userID)
		waiting = 0
		for _, e := range timeline {
			if e.Kind == "effect" && e.State == "waiting" {
				waiting++
			}
		}
		return waiting == 0, err
	})
	if errors.Is(err, errLate) {
		p.late, err = true, nil
	}
	return timeline, waiting, err
}

// settle holds that everybody was told, reads once more who was by each of the
// user's lines, and notes why a message was given up.
func (p *Player) settle(ctx context.Context, u User, r *Result) error {
	timeline, waiting, err := p.settled(ctx, u.ID)
	if err != nil {
		return err
	}
	if waiting > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%s: %d messages still wait", u.ID, waiting))
	}
	for i := range r.Lines {
		if r.Lines[i].User == u.ID {
			r.Lines[i].tell(timeline)
		}
	}
	for _, e := range timeline {
		if e.Kind == "effect" && e.State == "parked" {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s to %s is parked: %s", u.ID, e.Effect, e.Target, e.Answer))
		}
	}
	return nil
}

// agree holds that the merchant's system, which knows the hooks alone, lets in
// whom Admit lets in.
func (p *Player) agree(u User, lines []Line) (problems []string) {
	for i := len(lines) - 1; i >= 0; i-- {
		if l := lines[i]; l.User == u.ID && l.known {
			if got := p.Downstream.Access(u.ID); got != l.Access {
				problems = append(problems, fmt.Sprintf("%s: the hooks said access %s, and Admit has %s", u.ID, got, l.Access))
			}
			break
		}
	}
	return problems
}
