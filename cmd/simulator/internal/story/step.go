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

// step sends one webhook, or waits, and looks at what became of it. The next one
// is sent when everybody was told of this one: else a message to the user that
// the next one overtakes would never be sent.
func (p *Player) step(ctx context.Context, u User, s Step) (Line, error) {
	line := Line{User: u.ID, Words: s.Words, want: s.Want}
	before, _, err := p.Admin.Onboarding(ctx, u.ID)
	if err != nil {
		return line, err
	}
	if s.waits() {
		p.Say("waiting for the reminder of %s", u.ID)
		if err := p.reminded(ctx, u.ID); err != nil {
			return line, fmt.Errorf("wait for the reminder of %s: %w", u.ID, err)
		}
		before.LastSeq = 0 // it may have been due before anybody looked
	} else {
		answer, err := p.Public.Post(ctx, s.Path, s.Token, s.Body)
		if err != nil {
			return line, fmt.Errorf("play %s, %s: %w", u.ID, s.Words, err)
		}
		line.Status, line.answer = answer.Status, answer.Body
	}
	o, err := p.folded(ctx, u.ID)
	if errors.Is(err, errUnknown) {
		return line, nil // nobody Admit knows, as it must be after a 401
	}
	if err != nil {
		return line, fmt.Errorf("play %s, %s: %w", u.ID, s.Words, err)
	}
	line.known, line.Stage, line.Blocked, line.Access = true, o.Stage, o.BlockedOn, o.Access
	if !s.waits() && line.Status != http.StatusOK {
		return line, nil // turned away: no outcome, whatever else happened meanwhile
	}
	timeline, _, err := p.settled(ctx, u.ID)
	if err != nil {
		return line, fmt.Errorf("play %s, %s: %w", u.ID, s.Words, err)
	}
	line.read(timeline, before.LastSeq, s)
	return line, nil
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

// reminded waits until a reminder was due.
func (p *Player) reminded(ctx context.Context, userID string) error {
	return poll(ctx, remindWithin, func() (bool, error) {
		timeline, err := p.Admin.Timeline(ctx, userID)
		for _, e := range timeline {
			if e.Input == reminder {
				return true, err
			}
		}
		return false, err
	})
}
