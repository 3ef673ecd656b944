package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"admit/onboarding"
)

// hooks are the targets that a store has unless a test gives it others.
func hooks() []onboarding.HookView {
	since := at.Add(-time.Hour)
	return []onboarding.HookView{
		{Name: "core-banking", Kind: "http", Events: []string{"access.*"}, Access: true, State: onboarding.HookFailing, FailingFrom: &at, FailedSince: &since,
			Failures: 12, LastAnswer: "503", Waiting: 3, Oldest: &since, Parked: 2},
		{Name: "crm", Kind: "task_queue", Events: []string{"onboarding.*"}, TaskQueue: "crm-queue", State: onboarding.HookWorking},
		{Name: "mail", Kind: "mail", State: onboarding.HookWorking},
		{Name: "reviewers", Kind: "reviewers", State: onboarding.HookWorking},
		{Name: "p100-api", Kind: "api", State: onboarding.HookWorking},
	}
}

// effects are what core-banking was given up on, and one of a hook that is gone.
func effects() map[string][]onboarding.FailedEffect {
	effect := func(id int64, user string) onboarding.FailedEffect {
		return onboarding.FailedEffect{ID: id, Key: fmt.Sprintf("%s/2/access.granted/core-banking", user), UserID: user, Effect: "access.granted",
			Created: at, ParkedAt: at.Add(time.Hour), Attempts: 5, Answer: "404"}
	}
	return map[string][]onboarding.FailedEffect{"core-banking": {effect(4, "user-1"), effect(6, "a/b")}, "gone": {effect(5, "user-1")}}
}

// hookCall is a call that has a target told again.
type hookCall struct {
	target, after, actor, reason string
	ids                          []int64
	limit                        int
}

func (s *store) Hooks(context.Context) ([]onboarding.HookView, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listings++
	return s.targets, s.err
}

func (s *store) FailedEffects(_ context.Context, target string, after int64, limit int) ([]onboarding.FailedEffect, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, 0, s.err
	}
	var page []onboarding.FailedEffect
	for _, e := range s.parked[target] {
		switch {
		case e.ID <= after:
		case len(page) == limit:
			return page, page[limit-1].ID, nil
		default:
			page = append(page, e)
		}
	}
	return page, 0, nil
}

func (s *store) ReplayEffects(_ context.Context, target string, ids []int64, limit int, actor, reason string) (users []string, replayed int, left bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, 0, false, s.err
	}
	s.hookCalls = append(s.hookCalls, hookCall{target: target, ids: ids, limit: limit, actor: actor, reason: reason})
	for _, e := range s.parked[target] {
		if ids == nil || slices.Contains(ids, e.ID) {
			users, replayed = append(users, e.UserID), replayed+1
		}
	}
	return users, replayed, ids == nil && len(s.parked[target]) > limit, nil
}

func (s *store) TellPresent(_ context.Context, target, after string, limit int, actor, reason string) (told int, users []string, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, nil, "", s.err
	}
	s.hookCalls = append(s.hookCalls, hookCall{target: target, after: after, limit: limit, actor: actor, reason: reason})
	if after == "" {
		return 2, []string{"user-1"}, "user-1", nil
	}
	return 0, nil, "", nil
}

func (s *store) HookTried(_ context.Context, name string, a onboarding.Attempt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, name+" "+string(a.Result))
	return s.triedErr
}

// Test takes 123 ms.
func (s *store) Test(ctx context.Context, name string) (onboarding.Attempt, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, bounded := ctx.Deadline(); !bounded {
		return onboarding.Attempt{}, 0, errors.New("a test without a deadline")
	}
	return s.attempt, 123 * time.Millisecond, s.testErr
}

func (s *store) Pollers(_ context.Context, taskQueue string) (int, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if taskQueue != "crm-queue" {
		return 0, time.Time{}, errors.New("another queue: " + taskQueue)
	}
	return s.polls, s.polled, s.engine
}

func (s *store) Contact(_ context.Context, userID string) (onboarding.Contact, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.contacts[userID]
	return c, known && s.err == nil, s.err
}

func (s *store) DeleteContact(_ context.Context, userID, actor, reason string) (existed bool, eventID int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, 0, s.err
	}
	if _, existed = s.contacts[userID]; !existed {
		return false, 0, nil
	}
	delete(s.contacts, userID)
	s.forgotten = append(s.forgotten, userID+" by "+actor+": "+reason)
	return true, 8, nil
}
