package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// senders is how many commands are in flight at once at most: an engine that is
// slow gets no more of them, whatever the rate.
const senders = 16

// betweenPasses is how long a run waits before it asks for what is pending again.
const betweenPasses = 2 * time.Second

// bulkSend is a run as it goes on.
type bulkSend struct {
	a       *app
	c       *client
	j       *journal
	flags   bulkFlags
	tells   *progress
	inARow  int           // failures without a success or a refusal between them
	stopped error         // why the run stops before its end
	cancel  func()        // stops sending; what is in flight is waited for
	results chan delivery // one for each command that was tried
}

// delivery is what became of one command.
type delivery struct {
	line  journalLine
	fatal error // no other command would fare better
}

// sentByAnother says what to do about a request ID that has another command.
const sentByAnother = "was sent before with another token, which resume needs to hear what became of it, or by another run of this --id"

// runBulk sends what the journal has left, asks again what became of what is
// pending, and reports.
func (a *app) runBulk(ctx context.Context, c *client, j *journal, f bulkFlags) error {
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	left := j.left()
	s := &bulkSend{a: a, c: c, j: j, flags: f, cancel: cancel,
		tells: a.progress("users", "refused or failed", len(j.users)-len(left), len(j.users))}
	for len(left) > 0 && sending.Err() == nil {
		before := len(left)
		s.pass(sending, left)
		// An engine that is slow may have folded by now what it was too slow to say. When
		// a pass settles nothing, the engine is away.
		if left = j.pending(); len(left) == 0 || len(left) == before || a.Sleep(sending, betweenPasses) != nil {
			break
		}
	}
	s.tells.end()
	if err := j.close(); err != nil {
		return failed("%s cannot be written: %v", j.path, err)
	}
	if err := a.printReport(j); err != nil {
		return err
	}
	return s.conclude(ctx)
}

// pass sends the commands of some users, and returns when none is in flight.
func (s *bulkSend) pass(ctx context.Context, users []journalLine) {
	s.results = make(chan delivery)
	go s.sendAll(ctx, users)
	for d := range s.results {
		s.take(d)
	}
}

// sendAll sends the commands at their pace, and closes results when none is in
// flight any more.
func (s *bulkSend) sendAll(ctx context.Context, left []journalLine) {
	defer close(s.results)
	pace := s.a.pacer(s.flags.rate)
	users := make(chan journalLine)
	var wg sync.WaitGroup
	for range min(senders, len(left)) {
		wg.Go(func() {
			for u := range users {
				s.sendOne(ctx, u)
			}
		})
	}
	for _, u := range left {
		if pace.wait(ctx, 1) != nil {
			break
		}
		select {
		case users <- u:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(users)
	wg.Wait()
}

// sendOne sends one command until it is answered. One that was given up because
// the run stops leaves no outcome: resume sends it again.
func (s *bulkSend) sendOne(ctx context.Context, u journalLine) {
	var got answer
	var status int
	err := s.a.patiently(ctx, s.tells.again, func(ctx context.Context) (err error) {
		got, _, status, err = s.c.order(ctx, u.User, s.j.order(u))
		return err
	})
	now := s.a.Now().UTC()
	d := delivery{line: journalLine{N: u.N, At: &now}}
	var f *failure
	switch {
	case err == nil:
		d.line.Outcome, d.line.Reason = outcome(got.Outcome), got.Reason
		if status == http.StatusAccepted {
			d.line.Outcome = outcomePending
		}
		if got.proposed() {
			d.line.Outcome = outcomeProposed
		}
	case !errors.As(err, &f):
		d.fatal = err
	case f.code == codeInterrupted:
		return
	case f.exit == ExitUnauthorized, f.exit == ExitUsage, f.code == "" && !f.passing:
		d.fatal = err // of the caller or the address, and the same for everybody
	default:
		d.line.Reason, d.line.Message = f.code, f.message
		d.line.Outcome = outcomeFailed
		switch {
		case f.code == "refused":
			d.line.Outcome, d.line.Reason = outcomeRefused, f.reason
			d.line.Message = strings.TrimPrefix(f.message, refusedPrefix(f.reason))
		case f.code == "conflict": // what became of it is not known, and the same token can still ask
			d.line.Outcome, d.line.Message = outcomeUnavailable, sentByAnother
		case f.passing || status >= http.StatusInternalServerError:
			d.line.Outcome = outcomeUnavailable
		}
	}
	s.results <- d
}

// take writes an outcome down and decides whether the run goes on.
func (s *bulkSend) take(d delivery) {
	if d.fatal != nil {
		s.stop(d.fatal)
		return
	}
	if err := s.j.record(d.line); err != nil {
		s.stop(failed("%s cannot be written: %v", s.j.path, err))
		return
	}
	switch {
	case d.line.Outcome == outcomePending:
		s.tells.stuck("pending: no engine answers in time")
	case d.line.Outcome.bad():
		s.tells.add(1, 1)
	default:
		s.tells.add(1, 0)
	}
	if d.line.Outcome != outcomeFailed && d.line.Outcome != outcomeUnavailable {
		s.inARow = 0
		return
	}
	if s.inARow++; s.inARow >= s.flags.stopAfter {
		s.stop(failed("%d commands in a row failed, the last one so: %s", s.inARow, d.line.Message))
	}
}

func (s *bulkSend) stop(why error) {
	if s.stopped == nil {
		s.stopped = why
	}
	s.cancel()
}

// conclude says what is left, and how to go on.
func (s *bulkSend) conclude(ctx context.Context) error {
	left := len(s.j.left())
	how := "admit bulk resume " + quoted(s.j.path) + " goes on"
	var f *failure
	switch {
	case s.stopped != nil && errors.As(s.stopped, &f):
		return &failure{exit: f.exit, message: f.message + "\n" + plural(left, "user") + " left; " + how}
	case ctx.Err() != nil && left > 0:
		return failed("interrupted with %s left; %s", plural(left, "user"), how)
	case left > 0:
		return &failure{exit: ExitUnavailable, message: plural(left, "user") + " left, whose commands are pending or were not taken; " + how}
	}
	for _, l := range s.j.last {
		if l.Outcome.bad() {
			return failed("not every command was done; the report says which")
		}
	}
	return nil
}
