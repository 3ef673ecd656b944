package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type auditInput struct {
	UserID userID `path:"userId"`
	At     string `query:"at" required:"true" maxLength:"64" doc:"The time, as in 2026-01-31T12:00:00Z (a + is sent as %2B), or a date, which means its end in UTC"`
}

type auditOutput struct {
	Body onboarding.Audit
}

func (s *Server) registerAudit(api huma.API) {
	op := s.operation("audit-onboarding", http.MethodGet, "/v1/onboardings/{userId}/audit", RoleRead, api.OpenAPI().Components.Schemas,
		http.StatusBadRequest, http.StatusNotFound)
	op.Summary, op.Tags = "Show what was known of a user at a time", []string{tagOnboardings}
	op.Description = "The user as it would have been shown then; for each thing that was known, the log entry that had decided it, with its evidence; " +
		"what had been received and was not folded yet; what had been decided to be sent, and the policies that decided. 404 when nothing had been received of the user by then."
	op.Responses["200"] = &huma.Response{Description: "What was known"}
	huma.Register(api, op, s.audit)
}

func (s *Server) audit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	at, wrong := momentOf(in.At, s.now())
	if wrong != "" {
		return nil, invalid(fault{Location: "query.at", Message: wrong})
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	a, err := s.store.Audit(ctx, userID, at)
	switch {
	case errors.Is(err, onboarding.ErrNotFound):
		return nil, unheard
	case err != nil:
		return nil, failed(ctx, err)
	}
	return &auditOutput{whole(a)}, nil
}

// skew is how far the caller's clock may be ahead of this one.
const skew = time.Minute

// momentOf reads a time, or a date as the last moment of its day in UTC: the
// database's clock counts microseconds. wrong says what cannot be used about it,
// "" for nothing. A day that has begun may be asked about; what is not yet known
// of it is not shown.
func momentOf(text string, now time.Time) (at time.Time, wrong string) {
	at, err := time.Parse(time.RFC3339, text)
	from := at
	if err != nil {
		if from, err = time.Parse(time.DateOnly, text); err != nil {
			return at, "must be a time as in 2026-01-31T12:00:00Z, or a date as in 2026-01-31"
		}
		at = from.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	if from.After(now.Add(skew)) {
		return at, "is yet to come; a date counts in UTC"
	}
	return at.UTC(), ""
}

// whole has no list that is null.
func whole(a onboarding.Audit) onboarding.Audit {
	a.Decisions, a.Pending, a.Effects = listed(a.Decisions), listed(a.Pending), listed(a.Effects)
	if a.Policies == nil {
		a.Policies = map[string]json.RawMessage{}
	}
	return a
}

// listed returns the list, an empty one for nil: lists are never null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
