package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlExplainState   = statement("explain_state")
	sqlExplainAnswers = statement("explain_answers")
	sqlExplainAsks    = statement("explain_asks")
)

// Codes of answers that are shown although their bodies cannot be read.
const (
	codeErased     = "erased"
	codeUnreadable = "unreadable"
)

// Explain says how a user's stage came about, under this process's policy, as
// everything stood at one moment. Of what a provider's API said the newest answer
// that was folded is shown. ErrNotFound when nothing was ever accepted of the user.
func (s *Store) Explain(ctx context.Context, userID string) (onboarding.Explained, error) {
	state, known := newUser(userID), false
	facts := map[onboarding.Check]onboarding.APIExplanation{}
	providers, targets := make([]string, len(apis)), make([]string, len(apis))
	for i, a := range apis {
		providers[i], targets[i] = a.provider, a.target
	}
	b := &pgx.Batch{}
	b.Queue("begin isolation level repeatable read read only")
	b.Queue(sqlUserExists, userID).QueryRow(func(row pgx.Row) error { return row.Scan(&known) })
	b.Queue(sqlExplainState, userID).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&state}, func() error { return nil })
		return err
	})
	b.Queue(sqlExplainAnswers, userID, providers).Query(func(rows pgx.Rows) error {
		return s.answers(rows, facts)
	})
	b.Queue(sqlExplainAsks, userID, targets).Query(func(rows pgx.Rows) error { return questions(rows, facts) })
	b.Queue("commit")
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err == nil && !known {
		err = onboarding.ErrNotFound
	}
	if err != nil {
		return onboarding.Explained{}, wrap("explain an onboarding", err)
	}
	state.UserID = userID
	api := func(c onboarding.Check) onboarding.APIExplanation { return facts[c] }
	return onboarding.Explain(state, s.opts.Policy, api), nil
}

// answers adds the newest answers.
func (s *Store) answers(rows pgx.Rows, facts map[onboarding.Check]onboarding.APIExplanation) error {
	var provider string
	var body []byte
	var v onboarding.AnswerView
	_, err := pgx.ForEachRow(rows, []any{&provider, &body, &v.Outcome, &v.Reason, &v.Seq}, func() error {
		last := s.answerView(provider, body)
		last.Outcome, last.Reason, last.Seq = v.Outcome, v.Reason, v.Seq
		for _, a := range apis {
			if a.provider == provider {
				fact := facts[a.check]
				fact.Last = &last
				facts[a.check] = fact
			}
		}
		return nil
	})
	return err
}

// answerView shows what an API answered, as far as it can be read.
func (s *Store) answerView(provider string, body []byte) onboarding.AnswerView {
	v := onboarding.AnswerView{Kind: onboarding.AnswerUnusable, Code: codeErased}
	if body == nil {
		return v
	}
	var raw onboarding.AnswerBody
	v.Code = codeUnreadable
	if json.Unmarshal(body, &raw) == nil {
		v.Asked, v.HTTP = raw.Asked, raw.HTTP
	}
	answer, err := decodeAnswer(s.opts.Decoder, onboarding.Event{Provider: provider, Route: onboarding.RouteAnswer, Body: body})
	if err != nil {
		return v
	}
	v.Kind, v.Code, v.Words = answer.Kind, clean(answer.Code, maxWord), wordsOf(answer.Report)
	return v
}

// wordsOf returns a provider's words as they are shown.
func wordsOf(r onboarding.Report) onboarding.Words {
	all := func(words []string) (shown []string) {
		for _, w := range words {
			shown = append(shown, clean(w, maxWord))
		}
		return shown
	}
	return onboarding.Words{
		ProviderStatus: clean(r.Status, maxWord), Attempt: clean(r.Attempt, maxWord), Processing: clean(r.Processing, maxWord),
		Reasons: all(r.Reasons), DocsMissing: all(r.DocsMissing),
	}
}

// questions adds what stands in the ledger of asking.
func questions(rows pgx.Rows, facts map[onboarding.Check]onboarding.APIExplanation) error {
	var target, last string
	var waiting bool
	_, err := pgx.ForEachRow(rows, []any{&target, &waiting, &last}, func() error {
		if a, ok := apiOf(target); ok {
			fact := facts[a.check]
			fact.Waiting, fact.LastTry = waiting, last
			facts[a.check] = fact
		}
		return nil
	})
	return err
}
