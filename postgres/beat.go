package postgres

import (
	"cmp"
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A policy beats each beatEvery at the latest, and is alive for aliveFor after a
// beat: it outlives one that fails. A beat may take beatTimeout.
const (
	beatEvery   = 10 * time.Second
	aliveFor    = 30 * time.Second
	beatTimeout = 3 * time.Second
)

var (
	sqlBeatPolicy   = statement("beat_policy")
	sqlBeatHooks    = statement("beat_hooks")
	sqlNextDeadline = statement("next_deadline")
)

// livePolicy is a policy that was alive at a beat.
type livePolicy struct {
	hash  string
	since time.Time // when it came alive
	until time.Time // when it is not any more, unless it beats again
}

// newer says whether p came alive later than q. Of two that did at the same moment
// one is the newer, and everybody agrees which.
func (p livePolicy) newer(q livePolicy) bool {
	return cmp.Or(p.since.Compare(q.since), strings.Compare(p.hash, q.hash)) > 0
}

// livePolicies is what a beat found. It is never changed.
type livePolicies struct {
	own    livePolicy
	others []livePolicy
}

// newest returns the newest of the policies that are newer than the process's own;
// one without a hash where there is none.
func (l *livePolicies) newest() (newest livePolicy) {
	if l == nil {
		return livePolicy{}
	}
	for _, p := range l.others {
		if p.newer(l.own) && (newest.hash == "" || p.newer(newest)) {
			newest = p
		}
	}
	return newest
}

// yieldsTo says whether the policy of that hash is alive and newer than the
// process's own: never, as long as the process has not beaten.
func (l *livePolicies) yieldsTo(hash string, now time.Time) bool {
	if l == nil {
		return false
	}
	for _, p := range l.others {
		if p.hash == hash {
			return p.newer(l.own) && p.until.After(now)
		}
	}
	return false
}

// Beat says that this process's policy is alive for the next 30 seconds, and reads
// which others are: what Advance goes by until the next beat. It takes at most 3
// seconds. Where another policy is newer than this process's it is logged, once for
// as long as that is so: the process may be one that was forgotten. It says, too, for
// 24 hours, which targets this process tells of access: a change of access that another
// process decides is then told to those who were told of that user's access before.
//
// A policy is as new as the moment from which it has been alive without a gap. So one
// that is rolled out is newer than what it replaces, and so is one that is rolled
// back to, once nobody had it for 30 seconds. A process that could not beat for a
// while, because the database was away, takes its place in the order again.
func (s *Store) Beat(ctx context.Context) error {
	before := s.policies.Load()
	var since *time.Time
	if before != nil {
		since = &before.own.since
	}
	var found livePolicies
	err := s.onConnFor(ctx, beatTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var now time.Time
		if err := conn.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
			return err
		}
		now = s.opts.Clock(now).UTC()
		if _, err := conn.Exec(ctx, sqlBeatHooks, s.doors, now); err != nil {
			return err
		}
		rows, err := conn.Query(ctx, sqlBeatPolicy, s.policyHash, now, aliveFor, since)
		if err != nil {
			return err
		}
		var p livePolicy
		_, err = pgx.ForEachRow(rows, []any{&p.hash, &p.since, &p.until}, func() error {
			if p.hash == s.policyHash {
				found.own = p
			} else {
				found.others = append(found.others, p)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return wrap("say that the policy is alive", err)
	}
	before = s.policies.Swap(&found)
	if newest := found.newest(); newest.hash != "" && newest.hash != before.newest().hash {
		s.log.WarnContext(ctx, "another policy is newer", "policy", s.policyHash, "newer", newest.hash, "since", newest.since.UTC())
	}
	return nil
}

// KeepBeating beats at once and then every 8 to 10 seconds until ctx ends; then it
// returns nil. A beat that fails is logged, those that fail after it are not, and the
// next one is tried in its time.
func (s *Store) KeepBeating(ctx context.Context) error {
	failing := false
	for {
		err := s.Beat(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			s.log.WarnContext(ctx, "others cannot be told that this policy is alive; trying on", "policy", s.policyHash, "error", err)
		case err == nil && failing:
			s.log.InfoContext(ctx, "others are told again that this policy is alive", "policy", s.policyHash)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.opts.BeatEvery - rand.N(s.opts.BeatEvery/5+1)):
		}
	}
}

// leave decides whether this call leaves the user to the processes of a newer policy
// (see Advance), and reads what is due next by that one. The user's row is locked.
func (s *Store) leave(ctx context.Context, conn *pgxpool.Conn, w *work) error {
	if w.lastSeq == 0 || len(w.inbox) > 0 || !s.policies.Load().yieldsTo(w.state.PolicyHash, w.now) {
		return nil
	}
	if err := conn.QueryRow(ctx, sqlNextDeadline, w.state.UserID).Scan(&w.nextDue); err != nil {
		return err
	}
	w.left = w.nextDue == nil || w.nextDue.After(w.now)
	return nil
}
