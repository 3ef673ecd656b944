package activities_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"admit/activities"
	"admit/onboarding"
)

// advanceFunc is a fake of the store.
type advanceFunc func(r onboarding.AdvanceRequest) (onboarding.Advanced, error)

func (f advanceFunc) Advance(_ context.Context, r onboarding.AdvanceRequest) (onboarding.Advanced, error) {
	return f(r)
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	fail := true
	a := &activities.Activities{Advancer: advanceFunc(func(r onboarding.AdvanceRequest) (onboarding.Advanced, error) {
		if r.UserID != "user-1" || !slices.Equal(r.RequestIDs, []string{"request-1"}) {
			t.Errorf("asked %+v", r)
		}
		if fail {
			return onboarding.Advanced{}, errAway
		}
		return onboarding.Advanced{More: true}, nil
	})}
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a.Advance)
	request := onboarding.AdvanceRequest{UserID: "user-1", RequestIDs: []string{"request-1"}}

	_, err := env.ExecuteActivity(a.Advance, request)
	var e *temporal.ApplicationError
	if !errors.As(err, &e) || e.NonRetryable() || !strings.Contains(err.Error(), errAway.Error()) {
		t.Errorf("Advance = %v, want one to try again", err)
	}
	fail = false
	value, err := env.ExecuteActivity(a.Advance, request)
	if err != nil {
		t.Fatal(err)
	}
	var got onboarding.Advanced
	if err := value.Get(&got); err != nil || !got.More {
		t.Errorf("Advance = %+v, %v", got, err)
	}
}
