package story

import (
	"context"
	"fmt"
	"net/http"

	"admit/cmd/simulator/internal/client"
)

// Public is where the providers' webhooks go.
type Public interface {
	Post(ctx context.Context, path, authorization, body string) (client.Answer, error)
}

// Admin is where users are started and looked at.
type Admin interface {
	Start(ctx context.Context, userID string, c client.Contact) (client.Answer, error)
	Onboarding(ctx context.Context, userID string) (o client.Onboarding, found bool, err error)
	Timeline(ctx context.Context, userID string) ([]client.Entry, error)
}

// Downstream is the merchant's system: it knows what the hooks said.
type Downstream interface {
	Access(userID string) string
}

// Player plays users against a running Admit.
type Player struct {
	Public     Public
	Admin      Admin
	Downstream Downstream
	// Say hears what is being done, a line at a time.
	Say func(format string, args ...any)

	late bool // a wait for messages was in vain
}

// Result is what became of a play.
type Result struct {
	Lines    []Line
	Notes    []string // what a reader may wonder about
	Problems []string // where it differs from what it must be; none when all is well
}

// Play plays the users one after the other and waits until everybody who is to
// be told was told. Those who do nothing are started first, so that their
// reminder is due when the others are done. An error means that the play could
// not go on; what Admit did wrong is in the result.
func (p *Player) Play(ctx context.Context, users []User) (Result, error) {
	seen := make([]bool, len(users))
	for _, u := range users {
		if u.Steps[0].waits() {
			if err := p.start(ctx, u); err != nil {
				return Result{}, err
			}
		}
	}
	var r Result
	for i, u := range users {
		lines, existed, err := p.user(ctx, u)
		if seen[i] = existed; existed {
			r.Notes = append(r.Notes, u.ID+" exists since an earlier run: the same webhooks repeat what Admit knows")
		}
		r.Lines = append(r.Lines, lines...)
		if err != nil {
			return r, err
		}
	}
	for i := range users {
		if err := p.settle(ctx, users[i], &r); err != nil {
			return r, err
		}
		if !seen[i] {
			r.Problems = append(r.Problems, p.agree(users[i], r.Lines)...)
		}
	}
	for i := range r.Lines {
		r.Problems = append(r.Problems, r.Lines[i].Problems()...)
	}
	return r, nil
}

// user plays one user's steps. existed says that Admit knew a printed ID before.
func (p *Player) user(ctx context.Context, u User) (lines []Line, existed bool, err error) {
	if u.Printed {
		if _, existed, err = p.Admin.Onboarding(ctx, u.ID); err != nil {
			return nil, false, err
		}
	}
	if !existed && !u.Steps[0].waits() {
		p.Say("playing %s", u.ID)
		if err := p.start(ctx, u); err != nil {
			return nil, existed, err
		}
	}
	for _, s := range u.Steps {
		line, err := p.step(ctx, u, s)
		if existed {
			line.want = Want{Status: s.Want.Status, Answer: s.Want.Answer}
		}
		lines = append(lines, line)
		if err != nil {
			return lines, existed, err
		}
	}
	return lines, existed, nil
}

// start tells Admit of a user before any provider does, where the user has a
// contact.
func (p *Player) start(ctx context.Context, u User) error {
	if u.Contact == nil {
		return nil
	}
	answer, err := p.Admin.Start(ctx, u.ID, *u.Contact)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusCreated {
		return fmt.Errorf("start %s: answer %d: %s", u.ID, answer.Status, answer.Body)
	}
	if _, err := p.folded(ctx, u.ID); err != nil {
		return fmt.Errorf("start %s: %w", u.ID, err)
	}
	return nil
}
