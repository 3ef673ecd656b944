package story

import (
	"context"
	"fmt"
	"net/http"
	"time"

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

// Provider is P100's API, which Admit asks.
type Provider interface {
	// Says has it say that status of a user from now on.
	Says(userID, status string)
}

// Console is where operators type Admit's own commands.
type Console interface {
	// Type fails where the command ends otherwise than it must.
	Type(ctx context.Context, o Order) error
}

// Player plays users against a running Admit.
type Player struct {
	Public     Public
	Admin      Admin
	Downstream Downstream
	Provider   Provider
	Console    Console
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

// Last returns when the last line about a user came to be, the zero time where
// there is none.
func (r Result) Last(userID string) (at time.Time) {
	for _, l := range r.Lines {
		if l.User == userID {
			at = l.At
		}
	}
	return at
}

// turn is a user who is played, and how far that has come.
type turn struct {
	User
	existed bool  // Admit knew the printed ID before
	begun   bool  // the user was started
	seq     int64 // of the log entry behind the last line
	lines   []Line
}

// Play plays the users one after the other and waits until everybody who is to
// be told was told. Those who have to wait for something are begun with, so that
// it has come when the others are done. An error means that the play could not go
// on; what Admit did wrong is in the result.
func (p *Player) Play(ctx context.Context, users []User) (Result, error) {
	turns := make([]*turn, len(users))
	for i, u := range users {
		turns[i] = &turn{User: u}
	}
	err := p.play(ctx, turns)
	var r Result
	for _, t := range turns {
		if t.existed {
			r.Notes = append(r.Notes, t.ID+" exists since an earlier run: the same webhooks repeat what Admit knows")
		}
		r.Lines = append(r.Lines, t.lines...)
	}
	if err != nil {
		return r, err
	}
	for _, t := range turns {
		if err := p.settle(ctx, t.User, &r); err != nil {
			return r, err
		}
		if !t.existed {
			r.Problems = append(r.Problems, p.agree(t.User, r.Lines)...)
		}
	}
	for i := range r.Lines {
		r.Problems = append(r.Problems, r.Lines[i].Problems()...)
	}
	return r, nil
}

func (p *Player) play(ctx context.Context, turns []*turn) error {
	for _, t := range turns {
		if t.first() {
			if err := p.advance(ctx, t, t.Early); err != nil {
				return err
			}
		}
	}
	for _, t := range turns {
		if err := p.advance(ctx, t, len(t.Steps)); err != nil {
			return err
		}
	}
	return nil
}

// advance plays one user's steps up to a number of them.
func (p *Player) advance(ctx context.Context, t *turn, steps int) error {
	if err := p.begin(ctx, t); err != nil {
		return err
	}
	for len(t.lines) < steps {
		line, err := p.step(ctx, t, t.Steps[len(t.lines)])
		if t.existed {
			line.want = Want{Status: line.want.Status, Answer: line.want.Answer}
		}
		t.lines = append(t.lines, line)
		if err != nil {
			return err
		}
	}
	return nil
}

// begin does what comes before a user's first step, once.
func (p *Player) begin(ctx context.Context, t *turn) (err error) {
	if t.begun {
		return nil
	}
	t.begun = true
	if t.Printed {
		if _, t.existed, err = p.Admin.Onboarding(ctx, t.ID); err != nil || t.existed {
			return err
		}
	}
	p.Say("playing %s", t.ID)
	if t.Before != nil {
		if err := p.Console.Type(ctx, *t.Before); err != nil {
			return fmt.Errorf("play %s: %w", t.ID, err)
		}
	}
	return p.start(ctx, t.User)
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
