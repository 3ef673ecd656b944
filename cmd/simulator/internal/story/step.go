package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"admit/cmd/simulator/internal/client"
)

// reminder is how a timeline names a reminder that was due.
const reminder = "deadline/remind"

// errUnknown means that Admit knows no such user.
var errUnknown = errors.New("no such user")

// step does what a step says, or waits, and looks at what became of it. The next
// one is done when everybody was told of this one: else a message to the user
// that the next one overtakes would never be sent.
func (p *Player) step(ctx context.Context, t *turn, s Step) (Line, error) {
	line := Line{User: t.ID, Words: s.Words, want: s.Want}
	fail := func(err error) (Line, error) { return line, fmt.Errorf("play %s, %s: %w", t.ID, s.Words, err) }
	seq := t.seq
	if s.webhook() {
		before, _, err := p.Admin.Onboarding(ctx, t.ID)
		if err != nil {
			return fail(err)
		}
		seq = before.LastSeq
	}
	if err := p.do(ctx, t.ID, s, &line); err != nil {
		return fail(err)
	}
	if !s.webhook() {
		if err := p.await(ctx, t.ID, s, seq); err != nil {
			return fail(err)
		}
	}
	o, err := p.folded(ctx, t.ID)
	if errors.Is(err, errUnknown) {
		return line, nil // nobody Admit knows, as it must be after a 401
	}
	if err != nil {
		return fail(err)
	}
	line.known, line.Stage, line.Blocked, line.Access = true, o.Stage, o.BlockedOn, o.Access
	if s.webhook() && line.Status != http.StatusOK {
		return line, nil // turned away: no outcome, whatever else happened meanwhile
	}
	timeline, _, err := p.settled(ctx, t.ID)
	if err != nil {
		return fail(err)
	}
	line.read(timeline, seq, s)
	t.seq = max(t.seq, line.seq)
	return line, nil
}

// do sends the webhook or types the command, where the step has one.
func (p *Player) do(ctx context.Context, userID string, s Step, line *Line) error {
	if s.Says != "" {
		p.Provider.Says(userID, s.Says)
	}
	switch {
	case s.Order != nil:
		return p.Console.Type(ctx, *s.Order)
	case s.webhook():
		answer, err := p.Public.Post(ctx, s.Path, s.Token, s.Body)
		line.Status, line.answer = answer.Status, answer.Body
		return err
	}
	return nil
}

// await waits for the log entry behind seq that a step is to lead to.
func (p *Player) await(ctx context.Context, userID string, s Step, seq int64) error {
	said := false
	return poll(ctx, awaitWithin, func() (bool, error) {
		timeline, err := p.Admin.Timeline(ctx, userID)
		if err != nil || s.entry(timeline, seq) != nil {
			return err == nil, err
		}
		if !said {
			said = true
			p.Say("waiting for %s: %s", userID, s.Words)
		}
		return false, nil
	})
}

// folded waits until nothing of the user is left to be folded.
func (p *Player) folded(ctx context.Context, userID string) (client.Onboarding, error) {
	var o client.Onboarding
	err := poll(ctx, foldWithin, func() (bool, error) {
		var found bool
		var err error
		o, found, err = p.Admin.Onboarding(ctx, userID)
		if err == nil && !found {
			err = errUnknown
		}
		return o.Pending == 0, err
	})
	if errors.Is(err, errLate) {
		err = fmt.Errorf("%d events are stored and not folded after %s: %w", o.Pending, foldWithin, err)
	}
	return o, err
}
