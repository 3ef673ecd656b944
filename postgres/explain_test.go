package postgres_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

// explained returns the explanation of a user's kyc.
func explained(t *testing.T, s *postgres.Store) (onboarding.Explained, onboarding.APIExplanation) {
	t.Helper()
	e, err := s.Explain(t.Context(), "user-1")
	if err != nil {
		t.Fatalf("explain: %v", err)
	}
	for _, c := range e.Checks {
		if c.Check == onboarding.KYC && c.API != nil {
			return e, *c.API
		}
	}
	t.Fatalf("nothing is said of the API: %+v", e)
	return e, onboarding.APIExplanation{}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s, db := setup(t, asking)
	if _, err := s.Explain(t.Context(), "user-1"); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	accept(t, s, report("user-1", verified), report("user-1", expired))
	if e, api := explained(t, s); e.UserID != "user-1" || e.Stage != onboarding.StageCollecting || api.Waiting || api.Last != nil || e.Next != nil {
		t.Errorf("before the first fold: %+v", e)
	}
	advance(t, s, "user-1")
	if e, api := explained(t, s); e.Stage != onboarding.StageSuspended || e.Next == nil || !api.Waiting || api.LastTry != "" || api.Last != nil {
		t.Errorf("while a question waits: %+v, %+v", e, api)
	}
	d := take(t, s, p100Rest, "a").Delivery
	record(t, s, d.ID, "a", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "http 503"})
	if _, api := explained(t, s); !api.Waiting || api.LastTry != "http 503" {
		t.Errorf("after a failure: %+v", api)
	}
	exec(t, db, "update effects set next_attempt_at = now()")
	d = take(t, s, p100Rest, "a").Delivery
	record(t, s, d.ID, "a", answered(d.Now, said(body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "PENDING", Reasons: []string{"NO_FACE_FOUND"}})))
	if _, api := explained(t, s); api.Waiting || api.LastTry != "" || api.Last != nil {
		t.Errorf("an answer that is not folded: %+v", api)
	}
	advance(t, s, "user-1")
	_, api := explained(t, s)
	want := onboarding.Words{ProviderStatus: "NOT_VERIFIED", Attempt: "PENDING", Reasons: []string{"NO_FACE_FOUND"}}
	if last := api.Last; last == nil || !last.Asked.Equal(d.Now) || last.HTTP != 200 || last.Kind != onboarding.AnswerStatus ||
		!reflect.DeepEqual(last.Words, want) || last.Outcome != onboarding.Noted || last.Reason != "first_answer" || last.Seq != 3 {
		t.Errorf("last answer: %+v", last)
	}
	if api.Said == nil || api.AgreeAt.IsZero() {
		t.Errorf("what waits for its second: %+v", api)
	}
}

func TestExplainAnAnswerThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		erase      bool
		kind       onboarding.AnswerKind
		code       string
		http       int
	}{
		{"an unknown user", "P412", false, onboarding.AnswerUnknown, "P412", 200},
		{"an unknown shape", "undecodable", false, onboarding.AnswerUnusable, "unreadable", 200},
		{"erased", said(verified), true, onboarding.AnswerUnusable, "erased", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _ := reversed(t)
			d := take(t, s, p100Rest, "a").Delivery
			record(t, s, d.ID, "a", answered(time.Now(), tc.text))
			advance(t, s, "user-1")
			if tc.erase {
				erase(t, s)
			}
			if _, api := explained(t, s); api.Last == nil || api.Last.Kind != tc.kind || api.Last.Code != tc.code || api.Last.HTTP != tc.http || api.Last.Seq != 3 {
				t.Errorf("last answer: %+v", api.Last)
			}
		})
	}
}
