package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"admit/onboarding"
)

// MaxImport is the greatest number of users of one Import.
const MaxImport = 1000

var (
	sqlLockImports  = statement("lock_imports")
	sqlFindImported = statement("find_imported")
	sqlImport       = statement("import")
)

// importBody is the body of an imported user's event.
type importBody struct {
	onboarding.Import
	Actor string `json:"actor"`
}

// Import accepts users who were verified before Admit came, at most MaxImport of
// them, each as an event with the contact beside it: all of them or, when one
// exists, none. A user exists of whom anything was accepted, be it by another
// import, or by this one from another line or with other facts; also who stands
// twice among the users. Who was accepted by this import with the same facts
// counts as repeated, and nothing is stored of him again: neither a contact that
// was changed nor what was erased since. With dryRun nothing is stored, and the
// answer says what would be.
//
// Of whom nobody is to be told is folded here, after the commit, as Advance does: ten
// thousand users at rest need no engine. It starts their workflows when something
// happens to them or becomes due. Those that ctx leaves no time for, and those whose
// access is to be told, are folded by their workflows like everything else.
func (s *Store) Import(ctx context.Context, users []onboarding.ImportUser, dryRun bool, actor string) (onboarding.Imported, error) {
	if len(users) > MaxImport {
		return onboarding.Imported{}, fmt.Errorf("import: %w: more than %d users", onboarding.ErrData, MaxImport)
	}
	batch, err := newImport(users, actor)
	if err != nil {
		return onboarding.Imported{}, fmt.Errorf("import: %w", err)
	}
	var result onboarding.Imported
	var fresh []int
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		if result, fresh, err = batch.look(ctx, conn); err != nil {
			return err
		}
		b := &pgx.Batch{}
		if len(fresh) > 0 && !dryRun {
			batch.queue(b, fresh)
		}
		b.Queue("commit")
		return conn.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return onboarding.Imported{}, wrap("import", err)
	}
	if !dryRun {
		s.settle(ctx, batch, fresh)
	}
	return result, nil
}

// settlers is how many imported users are folded at the same time.
const settlers = 4

// settle folds the users at the given indexes of whom nobody is to be told. It ends
// at the first failure: what is left waits in the inbox.
func (s *Store) settle(ctx context.Context, batch importBatch, fresh []int) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(settlers)
	for _, i := range fresh {
		if batch.users[i].Import.SendAccess {
			continue
		}
		group.Go(func() error {
			_, err := s.Advance(ctx, onboarding.AdvanceRequest{UserID: batch.ids[i]})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.log.Info("imported users are left to their workflows", "error", err)
	}
}

// importBatch is what one call is to import, a user to an index.
type importBatch struct {
	users    []onboarding.ImportUser
	ids      []string
	requests []string
	bodies   [][]byte
}

func newImport(users []onboarding.ImportUser, actor string) (importBatch, error) {
	b := importBatch{users: users}
	for _, u := range users {
		if err := onboarding.CheckUserID(u.UserID); err != nil {
			return b, fmt.Errorf("%w: line %d: %w", onboarding.ErrData, u.Import.Line, err)
		}
		body, err := json.Marshal(importBody{Import: u.Import, Actor: actor})
		if err != nil {
			return b, fmt.Errorf("line %d: %w", u.Import.Line, err)
		}
		b.ids = append(b.ids, u.UserID)
		b.requests = append(b.requests, "import:"+u.Import.ID)
		b.bodies = append(b.bodies, body)
	}
	return b, nil
}

// look opens a transaction in which no other import runs, and says what would
// become of the users, and which are new: none where one exists.
func (b importBatch) look(ctx context.Context, conn *pgxpool.Conn) (result onboarding.Imported, fresh []int, err error) {
	twice := b.twice()
	batch := &pgx.Batch{}
	batch.Queue("begin")
	batch.Queue(sqlLockImports)
	batch.Queue(sqlFindImported, b.ids, b.requests).Query(func(rows pgx.Rows) error {
		var ord int
		var by, known bool
		var old []byte
		_, err := pgx.ForEachRow(rows, []any{&ord, &by, &old, &known}, func() error {
			switch i := ord - 1; {
			case by && !twice[i] && b.repeats(i, old):
				result.Repeated++
			case by || known || twice[i]:
				result.Existing = append(result.Existing, b.users[i].Import.Line)
			default:
				fresh = append(fresh, i)
			}
			return nil
		})
		return err
	})
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return result, nil, err
	}
	if len(result.Existing) > 0 {
		fresh = nil
	}
	result.Accepted = len(fresh)
	return result, fresh, nil
}

// twice says of each user whether the same one stands further up.
func (b importBatch) twice() []bool {
	seen, twice := map[string]bool{}, make([]bool, len(b.ids))
	for i, id := range b.ids {
		twice[i], seen[id] = seen[id], true
	}
	return twice
}

// repeats says whether the stored body holds the same facts, whoever brought them.
// Of an erased one nothing can be said, so it does.
func (b importBatch) repeats(i int, old []byte) bool {
	if old == nil {
		return true
	}
	var was, is importBody
	if json.Unmarshal(old, &was) != nil || json.Unmarshal(b.bodies[i], &is) != nil {
		return false
	}
	return bytes.Equal(encoded(was.Import), encoded(is.Import))
}

// queue stores the users at the given indexes.
func (b importBatch) queue(batch *pgx.Batch, fresh []int) {
	n := len(fresh)
	ids, requests, bodies := make([]string, n), make([]string, n), make([][]byte, n)
	var reached, emails, locales, names, zones []string
	for j, i := range fresh {
		ids[j], requests[j], bodies[j] = b.ids[i], b.requests[i], b.bodies[i]
		if c := b.users[i].Contact; c != nil {
			reached, emails, locales = append(reached, b.ids[i]), append(emails, c.Email), append(locales, c.Locale)
			names, zones = append(names, c.Name), append(zones, c.TimeZone)
		}
	}
	batch.Queue(sqlImport, ids, requests, bodies, onboarding.RouteImport, reached, emails, locales, names, zones)
}
