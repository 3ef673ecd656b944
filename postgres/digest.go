package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// sendTimeout bounds the sending of a digest. The call as a whole may take as
// long as any other beside it.
const sendTimeout = 20 * time.Second

var (
	sqlTakeCollected = statement("take_collected")
	sqlRecordDigest  = statement("record_digest")
)

// Digest hands what was collected for the reviewers before a time, the oldest
// first and at most limit of it, to send, and marks it as delivered when send says
// so. What was not delivered stays collected, with the attempt's answer. It returns
// how many were delivered; send is not called when there are none.
//
// send runs inside the transaction, for 20 seconds at most, and nobody else is
// given any entry meanwhile: of two callers at once one sends, and the other finds
// nothing. Who dies between the sending and the commit leaves the entries
// collected: they are sent again. In shadow mode nothing is sent.
func (s *Store) Digest(ctx context.Context, before time.Time, limit int, send func(context.Context, []onboarding.DigestEntry) onboarding.Attempt) (sent int, err error) {
	if s.opts.Shadow {
		return 0, nil
	}
	err = s.onConnFor(ctx, sendTimeout+callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		entries, err := collected(ctx, conn, before, limit)
		if err != nil || len(entries) == 0 {
			return err
		}
		sending, cancel := context.WithTimeout(ctx, sendTimeout)
		defer cancel()
		attempt := send(sending, entries)
		delivered := attempt.Result == onboarding.AttemptDelivered
		ids := make([]int64, len(entries))
		for i, e := range entries {
			ids[i] = e.EffectID
		}
		b := &pgx.Batch{}
		b.Queue(sqlRecordDigest, ids, delivered, clean(attempt.Answer, maxAnswer))
		b.Queue("commit")
		// Also for a caller who gives up: what was sent is not to be sent again.
		recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		if err := conn.SendBatch(recording, b).Close(); err != nil {
			return err
		}
		if delivered {
			sent = len(entries)
		}
		return nil
	})
	return sent, wrap("send a digest", err)
}

// collected opens a transaction that may be idle while the digest is sent, and
// locks in it what is to be sent.
func collected(ctx context.Context, conn *pgxpool.Conn, before time.Time, limit int) (entries []onboarding.DigestEntry, err error) {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue("set local idle_in_transaction_session_timeout = '" + (sendTimeout + callTimeout).String() + "'")
	b.Queue(sqlTakeCollected, before, limit).Query(func(rows pgx.Rows) error {
		entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e onboarding.DigestEntry, err error) {
			err = row.Scan(&e.EffectID, &e.UserID, &e.Payload, &e.Created)
			e.Created = e.Created.UTC()
			return e, err
		})
		return err
	})
	return entries, conn.SendBatch(ctx, b).Close()
}
