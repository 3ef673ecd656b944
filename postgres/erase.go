package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"admit/onboarding"
)

var (
	sqlEraseContact = statement("erase_contact")
	sqlEraseBodies  = statement("erase_bodies")
	sqlEraseReplays = statement("erase_replays")
)

// erasing is a command that erases a user's personal data, as it was folded.
type erasing struct {
	seq      int64
	received time.Time
}

// hasContact says whether there is a way to reach the user.
func (f *fold) hasContact() bool { return !f.contact.IsZero() }

// erase keeps in mind what the write is to erase, and goes on as if it were gone:
// the contact, unless it was given later. Messages that wait, to whichever target,
// also those that this fold has just decided, are not sent any more.
func (f *fold) erase(in input) {
	f.erasing = &erasing{seq: f.lastSeq, received: in.Received}
	if !f.contact.After(in.Received) {
		f.contact = time.Time{}
	}
	f.mute(func(w waitingEffect) bool { return onboarding.Effect{Name: w.name}.Notify() })
	for i := range f.effects {
		if r := &f.effects[i]; r.effect.Notify() && r.state == onboarding.EffectWaiting {
			r.state, r.answer = onboarding.EffectParked, answerNoContact
		}
	}
}

// mute has messages that wait parked: the user has no contact any more.
func (f *fold) mute(which func(waitingEffect) bool) {
	f.waiting = slices.DeleteFunc(f.waiting, func(w waitingEffect) bool {
		if which(w) {
			f.muted = append(f.muted, w.id)
		}
		return which(w)
	})
}

// erased says whether this fold has erased the body of an event that comes after
// the command: of a replay, for what it is one of came before.
func (f *fold) erased(e inboxEvent) bool { return f.erasing != nil && e.replayOf != 0 }

// queueErase erases what was folded before the command. It comes after the log's
// rows, which say what that is. Commands stay: they are the operators' words.
func (f *fold) queueErase(b *pgx.Batch) {
	if f.erasing == nil {
		return
	}
	b.Queue(sqlEraseContact, f.state.UserID, f.erasing.received)
	b.Queue(sqlEraseBodies, f.state.UserID, f.erasing.seq)
	b.Queue(sqlEraseReplays, f.state.UserID)
}
