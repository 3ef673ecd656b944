package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// What is sent again to more users than spreadFrom is spread over spreadOver,
// unless it opens or shuts access.
const (
	spreadFrom = 20
	spreadOver = time.Minute
)

// maxReason bounds what the ledger keeps of an operator's reason, in bytes: it holds
// the 500 characters that may be given, whichever they are.
const maxReason = 2000

var (
	sqlFindParked      = statement("find_parked")
	sqlLockParked      = statement("lock_parked")
	sqlReplayEffects   = statement("replay_effects")
	sqlSupersedeParked = statement("supersede_parked")
)

// ReplayEffects has what was given up on at a target sent again: the given effects,
// or without any the oldest that nobody had sent again in the last minute; at most
// limit of them, where 0 is 100 and none is above 500. It returns the users to ring
// for, how many effects wait again, and whether others are left. What is not parked
// at the target is passed over.
//
// What is overtaken is superseded instead: a grant that is not the user's newest
// word on access, a revoke behind which the target has another word, a message that
// the user's stage or a later one makes untrue, or that a later one says, too, and a
// question about a user who is closed.
//
// The ledger keeps who asked for it and why, of each effect for the last time.
//
// A user's effects come back in one transaction; of a call that fails in the midst,
// what was done until then is answered, and the rest is left.
func (s *Store) ReplayEffects(ctx context.Context, target string, ids []int64, limit int, actor, reason string) (users []string, replayed int, left bool, err error) {
	limit, by := pageSize(limit), signed(actor, reason)
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, err := findParked(ctx, conn, target, ids, limit+1)
		if err != nil {
			return err
		}
		if left = len(found) > limit; left {
			found = found[:limit]
		}
		work := byUser(found)
		for i, w := range work {
			n, err := replayOf(ctx, conn, w, by, delayOf(i, len(work)))
			if err != nil && replayed > 0 {
				s.log.WarnContext(ctx, "not all effects could be replayed", "target", target, "error", translated(err))
				left = true
				return nil
			}
			if err != nil {
				return err
			}
			if n > 0 {
				users, replayed = append(users, w.user), replayed+n
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, false, wrap("replay effects", err)
	}
	return users, replayed, left, nil
}

// signature is who asked for something and why, as a column holds it.
type signature struct{ actor, reason string }

func signed(actor, reason string) signature {
	return signature{clean(actor, maxWord), clean(reason, maxReason)}
}

// parkedOf is what one user's effects are to be replayed.
type parkedOf struct {
	user string
	ids  []int64
}

type parkedID struct {
	id   int64
	user string
}

func findParked(ctx context.Context, conn *pgxpool.Conn, target string, ids []int64, limit int) ([]parkedID, error) {
	rows, err := conn.Query(ctx, sqlFindParked, target, append([]int64{}, ids...), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p parkedID, err error) {
		err = row.Scan(&p.id, &p.user)
		return p, err
	})
}

// byUser puts each user's effects together, in the order of the first ones.
func byUser(found []parkedID) (work []parkedOf) {
	at := map[string]int{}
	for _, p := range found {
		i, known := at[p.user]
		if !known {
			i, at[p.user] = len(work), len(work)
			work = append(work, parkedOf{user: p.user})
		}
		work[i].ids = append(work[i].ids, p.id)
	}
	return work
}

// delayOf returns how long the effects of one of many users wait.
func delayOf(i, users int) time.Duration {
	if users <= spreadFrom {
		return 0
	}
	return spreadOver * time.Duration(i) / time.Duration(users)
}

// replayOf replays effects of one user, under the lock of the user's row, as Advance
// has it: no decision comes between the judging and the writing.
func replayOf(ctx context.Context, conn *pgxpool.Conn, w parkedOf, by signature, delay time.Duration) (int, error) {
	var state onboarding.State
	var parked []parkedEffect
	b := &pgx.Batch{}
	b.Queue("begin")
	queueLockState(b, w.user, &state, new(int64))
	b.Queue(sqlLockParked, w.ids).Query(func(rows pgx.Rows) (err error) {
		parked, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p parkedEffect, err error) {
			err = row.Scan(&p.id, &p.name, &p.about, &p.access, &p.stage, &p.newer)
			return p, err
		})
		return err
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return 0, err
	}
	b = &pgx.Batch{}
	n := queueReplay(b, parked, state, by, delay)
	b.Queue("commit")
	return n, conn.SendBatch(ctx, b).Close()
}

// queueReplay has effects sent again to a user who stands as s, but for what is
// overtaken, and says how many.
func queueReplay(b *pgx.Batch, parked []parkedEffect, s onboarding.State, by signature, delay time.Duration) int {
	var again, overtaken []int64
	for _, p := range parked {
		if p.overtaken(s) {
			overtaken = append(overtaken, p.id)
		} else {
			again = append(again, p.id)
		}
	}
	b.Queue(sqlReplayEffects, again, by.actor, by.reason, delay)
	b.Queue(sqlSupersedeParked, overtaken, answerOvertaken)
	return len(again)
}

// unparks signs what is sent again because its target is configured again.
var unparks = signature{onboarding.SourceAdmit, "the target is configured again"}

// queueUnparked has access sent that was parked because nobody knew its target, as
// if it were replayed: by what the fold came to, access never goes backwards.
func queueUnparked(b *pgx.Batch, f *fold) {
	if len(f.parked) == 0 {
		return
	}
	parked := slices.Clone(f.parked)
	for i := range parked {
		p := &parked[i]
		for _, r := range f.effects {
			if r.target == p.target && r.effect.Lane() == onboarding.LaneAccess && r.state == onboarding.EffectWaiting {
				p.newer = append(p.newer, r.effect.Name)
			}
		}
	}
	queueReplay(b, parked, f.state, unparks, 0)
}

// queueLockState locks a user's row until the transaction ends and reads the state
// and the number of the last log entry.
func queueLockState(b *pgx.Batch, user string, state *onboarding.State, seq *int64) {
	b.Queue(sqlLockOnboarding, user).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{state, seq, nil}, func() error { return nil })
		state.UserID = user
		return err
	})
}

// parkedEffect is an effect that was given up on.
type parkedEffect struct {
	id     int64
	target string
	name   string
	about  string
	access int64            // the access version that it tells
	stage  onboarding.Stage // of a message: the stage that it was written in, as the user may know it
	newer  []string         // what came after it to its lane: of access, or messages
}

// overtaken says whether the effect is not to be sent any more to a user who stands
// as s.
func (p parkedEffect) overtaken(s onboarding.State) bool {
	e, waits := onboarding.Effect{Name: p.name}, onboarding.Waits{Name: p.name, About: p.about}
	entered := onboarding.Effect{Name: "onboarding." + string(s.Stage)}
	switch {
	case p.name == onboarding.EffectGranted:
		return p.access != s.AccessVersion
	case p.name == onboarding.EffectRevoked:
		return p.access < s.AccessVersion && len(p.newer) > 0
	case e.Ask():
		return entered.Overtakes(waits, s)
	case e.Notify() && p.stage != e.Message(s).Stage && entered.Overtakes(waits, s):
		return true // the user stands elsewhere now, which may have gone without a message
	}
	return e.Notify() && slices.ContainsFunc(p.newer, func(name string) bool {
		return onboarding.Effect{Name: name}.Overtakes(waits, s)
	})
}
