package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// maxWake is how many users a call may name; wakePage how many a page of them has
// unless told, and wakeEvery the distance of two rings: as many in a second as the
// dispatcher's own sweeps make, so that webhooks find room.
const (
	maxWake   = 200
	wakePage  = 100
	wakeEvery = 5 * time.Millisecond
)

type wakeInput struct {
	Body wakeBody
}

type wakeBody struct {
	UserIDs []string `json:"userIds,omitempty" minItems:"1" maxItems:"200" nullable:"false" doc:"These users; then without the fields of a page"`
	Stage   stage    `json:"stage,omitempty" doc:"Of a page: only those in this stage"`
	After   string   `json:"after,omitempty" doc:"Of a page: where it begins, next of the page before"`
	Limit   int      `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"Of a page: how many users, 100 unless given"`
}

type wakeOutput struct {
	Body wakeAnswer
}

type wakeAnswer struct {
	Rung    int      `json:"rung" doc:"How many users were rung"`
	Next    string   `json:"next" doc:"What to give as after for the next page; empty after the last"`
	Unknown []string `json:"unknown" nullable:"false" doc:"Of userIds: those whom nobody knows"`
}

func (s *Server) registerWake(api huma.API) {
	op := s.operation("wake-users", http.MethodPost, "/v1/wake", RoleOperate, api.OpenAPI().Components.Schemas,
		http.StatusTooManyRequests)
	op.Summary, op.Tags = "Wake users", []string{tagProcess}
	op.Description = "Has the workflows of some users look at what is due, by the policy of now: of those that userIds names, or of a page of all. " +
		"Nothing is lost without it, but a changed policy takes effect at once. At most 200 users are woken in a second, by one call at a time; another is answered 429. " +
		"While the engine does not answer nobody is woken, and the answer is 503."
	op.Responses["200"] = &huma.Response{Description: "Rung: they wake within moments"}
	huma.Register(api, op, s.wake)
}

func (s *Server) wake(ctx context.Context, in *wakeInput) (*wakeOutput, error) {
	if faults := in.Body.faults(); len(faults) > 0 {
		return nil, invalid(faults...)
	}
	select {
	case s.waking <- struct{}{}:
		defer func() { <-s.waking }()
	default:
		return nil, busy
	}
	if err := s.hears(ctx); err != nil {
		exchangeOf(ctx).err = err
		return nil, engineAway
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Wake)
	defer cancel()
	var answer wakeAnswer
	var err error
	if in.Body.UserIDs != nil {
		answer, err = s.wakeNamed(ctx, in.Body.UserIDs)
	} else {
		answer, err = s.wakePage(ctx, in.Body)
	}
	exchangeOf(ctx).users = answer.Rung
	if err != nil {
		return nil, failed(ctx, err)
	}
	answer.Unknown = listed(answer.Unknown)
	return &wakeOutput{answer}, nil
}

// hears says why a ring would be lost now, nil when it would not.
func (s *Server) hears(ctx context.Context) error {
	if s.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Ready)
	defer cancel()
	if err := s.engine(ctx); err != nil {
		return fmt.Errorf("ask the engine: %w", err)
	}
	return nil
}

// wakeNamed rings the users who exist: a ring for anybody else would make a user.
func (s *Server) wakeNamed(ctx context.Context, userIDs []string) (a wakeAnswer, err error) {
	done := map[string]bool{}
	for _, userID := range userIDs {
		if done[userID] {
			continue
		}
		done[userID] = true
		_, err := s.onboarding(ctx, userID)
		switch {
		case errors.Is(err, onboarding.ErrNotFound):
			a.Unknown = append(a.Unknown, userID)
			continue
		case err != nil:
			return a, err
		}
		if err := s.ring(ctx, userID, "wake"); err != nil {
			return a, err
		}
		a.Rung++
	}
	return a, nil
}

// wakePage rings a page of users.
func (s *Server) wakePage(ctx context.Context, b wakeBody) (a wakeAnswer, err error) {
	filter := onboarding.ListFilter{Stage: onboarding.Stage(b.Stage), After: b.After, Limit: b.Limit}
	if filter.Limit == 0 {
		filter.Limit = wakePage
	}
	listing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	page, next, err := s.store.List(listing, filter)
	if err != nil {
		return a, err
	}
	for _, o := range page {
		if err := s.ring(ctx, o.UserID, "wake"); err != nil {
			return a, err
		}
		a.Rung++
	}
	a.Next = next
	return a, nil
}

// ring rings one user for a cause, and takes its time.
func (s *Server) ring(ctx context.Context, userID, cause string) error {
	s.ringer.Ring(userID, onboarding.Ring{Cause: cause})
	pause := time.NewTimer(wakeEvery)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("ring users: %w", ctx.Err())
	case <-pause.C:
		return nil
	}
}

// faults returns every mistake in what is asked for.
func (b wakeBody) faults() []fault {
	var faults []fault
	for i, userID := range b.UserIDs {
		if onboarding.CheckUserID(userID) != nil {
			faults = append(faults, fault{Location: fmt.Sprintf("body.userIds[%d]", i), Message: userIDRule})
		}
	}
	if b.UserIDs != nil && (b.Stage != "" || b.After != "" || b.Limit != 0) {
		faults = append(faults, fault{Location: "body.userIds", Message: "stands alone: either these users, or a page with stage, after and limit"})
	}
	if b.After != "" && onboarding.CheckUserID(b.After) != nil {
		faults = append(faults, fault{Location: "body.after", Message: "is not what a page gave as next"})
	}
	return faults
}
