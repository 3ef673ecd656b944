package postgres

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math"
	"time"

	"admit/onboarding"
)

// cursor is a place in a timeline: entries are ordered by time, then by the log
// row they belong to, then log before effect before pending, then by ID.
type cursor struct {
	at   time.Time
	seq  int64
	kind int64
	id   int64
}

// The kinds of entries, in the order in which they are shown.
const (
	kindLog     = 0
	kindEffect  = 1
	kindPending = 2
)

// noSeq is the log row of what is not in the log yet.
const noSeq = math.MaxInt64

func (c cursor) compare(d cursor) int {
	return cmp.Or(c.at.Compare(d.at), cmp.Compare(c.seq, d.seq), cmp.Compare(c.kind, d.kind), cmp.Compare(c.id, d.id))
}

// String returns the cursor as it is handed out: opaque to its reader.
func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%d.%d", c.at.UnixMicro(), c.seq, c.kind, c.id))
}

// parseCursor reads what String wrote; "" is the beginning. Anything else wraps
// ErrData.
func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{at: time.UnixMicro(0), seq: math.MinInt64}, nil
	}
	var c cursor
	var micros int64
	var rest string
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, fmt.Errorf("%w: the place in the timeline", onboarding.ErrData)
	}
	n, _ := fmt.Sscanf(string(text), "%d.%d.%d.%d%s", &micros, &c.seq, &c.kind, &c.id, &rest) // n says all
	if c.at = time.UnixMicro(micros); n != 4 || c.kind < kindLog || c.kind > kindPending || c.String() != s {
		return cursor{}, fmt.Errorf("%w: the place in the timeline", onboarding.ErrData)
	}
	return c, nil
}
