package access

import (
	"context"
	"sync"
	"time"
)

// Word is the newest word on one user's access.
type Word struct {
	UserID  string    `json:"userId"`
	Granted bool      `json:"granted"`
	Version int64     `json:"version"` // the access version, above 0
	Decided time.Time `json:"decided"`
}

// Store keeps the newest word on each user.
type Store interface {
	// Put keeps w unless a word of the same version or a newer one is kept already,
	// and says whether it did. It is atomic: of two calls at once for one user the
	// newer word stays. When it returns without an error the answer is durable.
	Put(ctx context.Context, w Word) (kept bool, err error)
	// Get returns the word on a user; not found is nobody's, who is not let in.
	Get(ctx context.Context, userID string) (w Word, found bool, err error)
}

// Memory is a Store that forgets everything when the process ends: it is for
// trying out. In SQL, Put is this one statement, whose count of rows says whether
// the word was kept; a read before it would open a gap between the two:
//
//	insert into access (user_id, granted, version, decided)
//	values ($1, $2, $3, $4)
//	on conflict (user_id) do update
//	set granted = excluded.granted, version = excluded.version, decided = excluded.decided
//	where excluded.version > access.version
type Memory struct {
	mu    sync.Mutex
	words map[string]Word
}

// Put implements Store.
func (m *Memory) Put(_ context.Context, w Word) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held, found := m.words[w.UserID]; found && w.Version <= held.Version {
		return false, nil
	}
	if m.words == nil {
		m.words = map[string]Word{}
	}
	m.words[w.UserID] = w
	return true, nil
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, userID string) (Word, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, found := m.words[userID]
	return w, found, nil
}
