package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlHooks     = statement("hooks")
	sqlHookTried = statement("hook_tried")
)

// Hooks returns how it goes with each configured target, in the order of the
// options. Only of hooks it is known whether they are failing, and since when.
func (s *Store) Hooks(ctx context.Context) ([]onboarding.HookView, error) {
	views := make([]onboarding.HookView, len(s.opts.Targets))
	names, at := make([]string, len(views)), map[string]*onboarding.HookView{}
	for i, t := range s.opts.Targets {
		views[i] = onboarding.HookView{
			Name: t.Name, Kind: kindOf(t), Events: append([]string{}, t.Events...), Access: t.IsHook() && t.Access(), TaskQueue: t.TaskQueue,
			State: onboarding.HookWorking,
		}
		names[i], at[t.Name] = t.Name, &views[i]
	}
	err := s.inOrder(ctx, func(b *pgx.Batch) {
		b.Queue(sqlHooks, names).Query(func(rows pgx.Rows) error { return addHealth(rows, at) })
		queueOldest(b, func(o oldest) {
			if v := at[o.target]; v != nil {
				v.Oldest = earlier(v.Oldest, &o.since)
			}
		})
		queueCounts(b, sqlQueued, nil, func(target string, n int64) {
			if v := at[target]; v != nil {
				v.Waiting = n
			}
		})
		queueCounts(b, sqlParked, nil, func(target string, n int64) {
			if v := at[target]; v != nil {
				v.Parked = n
			}
		})
	})
	if err != nil {
		return nil, wrap("look at the hooks", err)
	}
	return views, nil
}

// kindOf says what a target is.
func kindOf(t onboarding.Target) string {
	switch {
	case t.Name == onboarding.MailTarget:
		return "mail"
	case t.Name == onboarding.ReviewersTarget:
		return "reviewers"
	case t.Asks():
		return "api"
	case t.TaskQueue != "":
		return "task_queue"
	}
	return "http"
}

// addHealth reads how deliveries to hooks go.
func addHealth(rows pgx.Rows, at map[string]*onboarding.HookView) error {
	var name, answer string
	var failures int
	var since, from, probe, last *time.Time
	_, err := pgx.ForEachRow(rows, []any{&name, &failures, &since, &from, &probe, &answer, &last}, func() error {
		v := at[name]
		v.Failures, v.FailedSince, v.FailingFrom, v.LastAnswer, v.Delivered = failures, utc(since), utc(from), answer, utc(last)
		if from != nil {
			v.State = onboarding.HookFailing
		}
		if from != nil && !v.Access {
			v.NextTry = utc(probe)
		}
		return nil
	})
	return err
}

// HookTried keeps what an operator's test of a hook came to. By a delivery a
// failing hook works again, which is told nobody; anything else is only shown.
func (s *Store) HookTried(ctx context.Context, name string, a onboarding.Attempt) error {
	return wrap("keep a hook's test", s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, sqlHookTried, name, clean(a.Answer, maxAnswer), a.Result == onboarding.AttemptDelivered)
		return err
	}))
}

// utc returns a time that may be missing.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// earlier returns the earlier one of two times that may be missing.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return utc(b)
	}
	return a
}
