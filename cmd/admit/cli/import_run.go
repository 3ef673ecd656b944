package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// importRun is an import as it goes on.
type importRun struct {
	a       *app
	c       *client
	file    string
	flags   importFlags
	batches []batch
	users   int
}

// do asks of all batches whether they can be imported, and imports them when all
// can.
func (r *importRun) do(ctx context.Context) error {
	started := r.a.Now()
	looked, err := r.look(ctx)
	if err != nil {
		return err
	}
	if r.flags.dryRun {
		return r.print(looked, 0)
	}
	done, err := r.bring(ctx)
	if err != nil {
		return with(err, fmt.Sprintf("%s imported, of %d; the same command again goes on, and imports nobody twice", plural(done.Accepted+done.Repeated, "user"), r.users))
	}
	return r.print(done, r.a.Now().Sub(started))
}

// look has the API look at all batches, and names every user who cannot be
// imported.
func (r *importRun) look(ctx context.Context) (imported, error) {
	tells := r.a.progress("users looked at", "that cannot be imported", 0, r.users)
	defer tells.end()
	var sum imported
	var bad mistakes
	for _, b := range r.batches {
		got, err := r.send(ctx, b, true, tells)
		var f *failure
		switch {
		case err == nil:
			sum.Accepted, sum.Repeated = sum.Accepted+got.Accepted, sum.Repeated+got.Repeated
			tells.add(b.count, 0)
		case errors.As(err, &f) && len(f.faults) > 0 && (f.code == "import_exists" || f.code == "invalid"):
			for _, fault := range f.faults {
				bad.add(fault.Line, "%s %s", r.subject(b, fault), fault.Message)
			}
			tells.add(b.count, len(f.faults))
		default:
			return sum, with(err, "nobody was imported")
		}
	}
	return sum, bad.err(r.file, "nobody was imported")
}

// subject says what a fault of a batch is about: the user, and the field where
// it is another than the user's ID.
func (r *importRun) subject(b batch, f fault) string {
	field := f.Location[strings.LastIndexByte(f.Location, '.')+1:]
	var users []importUser
	// It was marshalled from the same.
	_ = json.Unmarshal(b.users, &users)
	for _, u := range users {
		switch {
		case u.Line != f.Line:
		case field == "userId":
			return u.UserID
		default:
			return u.UserID + ": " + field
		}
	}
	return f.Location
}

// bring imports the batches, one after the other.
func (r *importRun) bring(ctx context.Context) (imported, error) {
	tells, pace := r.a.progress("users imported", "failed", 0, r.users), r.a.pacer(r.flags.rate)
	defer tells.end()
	var sum imported
	for _, b := range r.batches {
		if pace.wait(ctx, b.count) != nil {
			return sum, interrupted()
		}
		got, err := r.send(ctx, b, false, tells)
		if err != nil {
			return sum, err
		}
		sum.Accepted, sum.Repeated = sum.Accepted+got.Accepted, sum.Repeated+got.Repeated
		tells.add(b.count, 0)
	}
	return sum, nil
}

// print says what was done, or would be.
func (r *importRun) print(sum imported, took time.Duration) error {
	if r.a.json {
		text, err := json.Marshal(map[string]any{"id": r.flags.id, "dryRun": r.flags.dryRun, "users": r.users,
			"accepted": sum.Accepted, "repeated": sum.Repeated, "seconds": took.Seconds()})
		if err != nil {
			return failed("the summary cannot be written: %v", err)
		}
		r.a.printJSON(text)
		return nil
	}
	text := plural(sum.Accepted, "user") + " imported in " + round(took)
	if r.flags.dryRun {
		text = plural(sum.Accepted, "user") + " can be imported"
	}
	if sum.Repeated > 0 {
		text += ", " + plural(sum.Repeated, "user") + " had been already by this import"
	}
	r.a.out.WriteString(clean(text+"; the import's ID is "+r.flags.id) + "\n")
	return nil
}
