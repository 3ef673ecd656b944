package cli_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// hooks are targets of each kind, well and ill.
func hooks() []onboarding.HookView {
	since, from, next := at.Add(-time.Hour), at, at.Add(25*time.Hour)
	return []onboarding.HookView{
		{Name: "core-banking", Kind: "http", Events: []string{"access.*"}, Access: true, State: onboarding.HookFailing, FailedSince: &since, FailingFrom: &from,
			Failures: 12, LastAnswer: "503", Waiting: 3, Oldest: &since},
		{Name: "ledger", Kind: "http", Events: []string{"*"}, State: onboarding.HookFailing, FailedSince: &since, FailingFrom: &from, Failures: 40,
			LastAnswer: hostile, NextTry: &next, Waiting: 20, Oldest: &from, Parked: 3},
		{Name: "crm", Kind: "task_queue", Events: []string{"onboarding.*"}, TaskQueue: "crm-queue", State: onboarding.HookWorking, Waiting: 1, Oldest: &from},
		{Name: "tickets", Kind: "task_queue", Events: []string{"onboarding.*"}, TaskQueue: "tickets", State: onboarding.HookFailing, FailedSince: &since,
			Failures: 30, LastAnswer: "the activity failed"},
		{Name: "mail", Kind: "mail", State: onboarding.HookWorking, Delivered: &from, Parked: 1},
	}
}

// parked returns what ledger and mail were given up on.
func parked() map[string][]onboarding.FailedEffect {
	effect := func(id int64, user, name, target, answer string) onboarding.FailedEffect {
		return onboarding.FailedEffect{ID: id, Key: fmt.Sprintf("%s/2/%s/%s", user, name, target), UserID: user, Effect: name, Created: at.Add(time.Duration(id) * time.Hour),
			ParkedAt: at.Add(20 * time.Hour), Attempts: int(id), Answer: answer}
	}
	return map[string][]onboarding.FailedEffect{
		"ledger": {effect(4, "user-1", "onboarding.approved", "ledger", "404"), effect(6, "a/b ü", "check.changed", "ledger", hostile), effect(9, "..", "onboarding.started", "ledger", "hook failing")},
		"mail":   {effect(5, "user-1", "notify.approved", "mail", "no contact")},
	}
}

func (s *store) Hooks(context.Context) ([]onboarding.HookView, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.targets, s.err
}

// FailedEffects gives two effects a page, whatever is asked for.
func (s *store) FailedEffects(_ context.Context, target string, after int64, limit int) (page []onboarding.FailedEffect, next int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.parked[target] {
		switch {
		case e.ID <= after:
		case len(page) == min(limit, 2):
			return page, page[len(page)-1].ID, s.err
		default:
			page = append(page, e)
		}
	}
	return page, 0, s.err
}

// ReplayEffects gives up at once on what went out by mail. Where it is halting, it
// comes no further than one.
func (s *store) ReplayEffects(_ context.Context, target string, ids []int64, _ int, actor, reason string) (users []string, replayed int, left bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.replayErr != nil {
		return nil, 0, false, errors.Join(s.err, s.replayErr)
	}
	var rest []onboarding.FailedEffect
	for _, e := range s.parked[target] {
		if !slices.Contains(ids, e.ID) || s.halting && replayed > 0 {
			rest, left = append(rest, e), left || slices.Contains(ids, e.ID)
			continue
		}
		users, replayed = append(users, e.UserID), replayed+1
		s.sent = append(s.sent, fmt.Sprintf("%s %d by %s", target, e.ID, actor))
		s.why = reason
		if target == onboarding.MailTarget {
			rest = append(rest, e)
		}
	}
	s.parked[target] = rest
	return users, replayed, left, nil
}

// TellPresent tells of one user a page; core-banking was told of all.
func (s *store) TellPresent(_ context.Context, target, after string, _ int, actor, reason string) (told int, users []string, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.replayErr != nil && after != "" {
		return 0, nil, "", errors.Join(s.err, s.replayErr)
	}
	for _, id := range slices.Sorted(maps.Keys(s.users)) {
		if id > after && target == "core-banking" {
			return 0, nil, id, nil
		}
		if id > after {
			s.sent = append(s.sent, fmt.Sprintf("%s tells of %s by %s", target, id, actor))
			s.why = reason
			return 2, []string{id}, id, nil
		}
	}
	return 0, nil, "", nil
}

func (s *store) HookTried(context.Context, string, onboarding.Attempt) error { return nil }

func (s *store) Test(context.Context, string) (onboarding.Attempt, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempt, 123 * time.Millisecond, nil
}

// Pollers knows nobody who polls crm-queue, and two who poll the others.
func (s *store) Pollers(_ context.Context, taskQueue string) (int, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if taskQueue == "crm-queue" {
		return 0, time.Time{}, s.engine
	}
	return 2, at, s.engine
}

func (s *store) Contact(_ context.Context, userID string) (onboarding.Contact, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.contacts[userID]
	return c, known, s.err
}

func (s *store) DeleteContact(_ context.Context, userID, _, reason string) (existed bool, eventID int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, existed = s.contacts[userID]; existed {
		s.why = reason
	}
	delete(s.contacts, userID)
	return existed, 0, s.err
}

// words is a Notify that says what it was asked for.
func words() cli.Notify {
	return cli.Notify{
		Preview: func(r cli.PreviewRequest) (onboarding.Rendered, error) {
			if r.TemplatesDir == "broken" {
				return onboarding.Rendered{}, errors.New("de/approved.txt:3: something is missing")
			}
			m := onboarding.Rendered{Language: "en", Subject: "About " + r.Template, Text: fmt.Sprintf("%+v\n\nBye\n", r), HTML: "<p>\u200c" + r.Template + "</p>\n"}
			if r.Language == "de-AT" {
				m.Language = "de"
			}
			if r.TemplatesDir == "plain" {
				m.HTML = ""
			}
			return m, nil
		},
		Reasons: func(dir, language string) ([]cli.ReasonLine, error) {
			if dir == "broken" {
				return nil, errors.New("reasons.txt is missing")
			}
			return []cli.ReasonLine{
				{Code: "BAD_SELFIE", Class: "say", Sentence: "Your face could not be seen. (" + language + ")"},
				{Code: "FRAUD", Class: "silent"},
			}, nil
		},
	}
}
