package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"admit/onboarding"
)

// A journal holds a bulk run: a line of JSON that says what is sent, one for each
// user, one that says that this is all, and one for each outcome as it comes. It is
// whole and on the disk before the first command is sent.
const journalKind = "admit bulk"

// journalHeader is a journal's first line.
type journalHeader struct {
	Journal string    `json:"journal"` // journalKind
	ID      string    `json:"id"`      // of the run: the commands' request IDs begin with it
	Admin   string    `json:"admin"`   // the URL that the commands are sent to
	Order   order     `json:"order"`
	By      string    `json:"by"` // the login of who began it; the audit has the token's name
	At      time.Time `json:"at"`
	Users   int       `json:"users"`
}

// journalLine is any other line: a user, the end of the users, or an outcome.
type journalLine struct {
	N        int    `json:"n,omitempty"`
	User     string `json:"user,omitempty"`
	Approves string `json:"approves,omitempty"` // of a user: the request ID of the proposal to agree to
	Whole    bool   `json:"whole,omitempty"`    // all users stand above

	Outcome outcome    `json:"outcome,omitempty"`
	Reason  string     `json:"reason,omitempty"` // why it was refused or failed: the API's code
	Message string     `json:"message,omitempty"`
	At      *time.Time `json:"at,omitempty"`
}

// outcome is what became of a user's command.
type outcome string

const (
	outcomeApplied     outcome = "applied"
	outcomeProposed    outcome = "proposed"    // a second person has to agree
	outcomePending     outcome = "pending"     // stored, and not folded yet: asked again by resume
	outcomeRefused     outcome = "refused"     // by the rules
	outcomeFailed      outcome = "failed"      // no such user, and the like
	outcomeUnavailable outcome = "unavailable" // tried for a minute, or with the wrong token: tried again by resume
)

// outcomes lists them in the order in which a report shows them.
var outcomes = [...]outcome{outcomeApplied, outcomeProposed, outcomePending, outcomeRefused, outcomeFailed, outcomeUnavailable}

// open says whether resume sends the command again.
func (o outcome) open() bool { return o == "" || o == outcomePending || o == outcomeUnavailable }

// bad says whether the command did not do what it should and will not.
func (o outcome) bad() bool {
	return o == outcomeRefused || o == outcomeFailed || o == outcomeUnavailable
}

// journal is a journal as it is written.
type journal struct {
	path   string
	file   *os.File
	header journalHeader
	users  []journalLine // N counts from 1
	last   []journalLine // the newest outcome of each user
}

// createJournal writes a new journal and returns when it is on the disk. An
// existing file is never touched.
func createJournal(path string, header journalHeader, users []journalLine) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, failed("%s exists; admit bulk resume %s goes on with it, and another --journal begins anew", path, quoted(path))
	}
	if err != nil {
		return nil, failed("the journal cannot be made: %v", err)
	}
	j := &journal{path: path, file: f, header: header, users: users, last: make([]journalLine, len(users))}
	if err := j.begin(); err != nil {
		// What is left of it names the mistake better than a failure to remove it would.
		_ = f.Close()
		_ = os.Remove(path)
		return nil, failed("the journal cannot be written, and nothing was sent: %v", err)
	}
	return j, nil
}

func (j *journal) begin() error {
	w := bufio.NewWriter(j.file)
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(j.header); err != nil {
		return err
	}
	for i := range j.users {
		j.users[i].N = i + 1
		if err := lines.Encode(j.users[i]); err != nil {
			return err
		}
	}
	if err := lines.Encode(journalLine{Whole: true}); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	defer dir.Close() // only synced: closing it cannot lose anything
	return dir.Sync()
}

// record appends an outcome. A process that is killed loses nothing that was
// written; a machine that dies may, and resume then sends those commands again,
// which does nothing twice.
func (j *journal) record(l journalLine) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return err
	}
	j.last[l.N-1] = l
	return nil
}

// close brings what was written to the disk.
func (j *journal) close() error {
	return errors.Join(j.file.Sync(), j.file.Close())
}

// left returns the users whose commands are still to be sent.
func (j *journal) left() []journalLine {
	var left []journalLine
	for i, u := range j.users {
		if j.last[i].Outcome.open() {
			left = append(left, u)
		}
	}
	return left
}

// pending returns the users whose commands are stored and not folded yet.
func (j *journal) pending() []journalLine {
	var pending []journalLine
	for i, u := range j.users {
		if j.last[i].Outcome == outcomePending {
			pending = append(pending, u)
		}
	}
	return pending
}

// requestID is that of a user's command, the same at every try, so that it is done
// once.
func (j *journal) requestID(n int) string { return fmt.Sprintf("bulk-%s:%d", j.header.ID, n) }

// order returns the command for one user.
func (j *journal) order(u journalLine) order {
	o := j.header.Order
	o.RequestID, o.Approves = j.requestID(u.N), u.Approves
	return o
}

// valid says whether a header is one that this build writes.
func (h journalHeader) valid() bool {
	return h.Journal == journalKind && h.ID != "" && h.Users > 0 && checkCommand(h.Order.Command, "") == nil
}

// checkLine says what is wrong with a line about a user.
func checkLine(l journalLine, n int) error {
	if l.N != n {
		return errors.New("the users are not in order")
	}
	return onboarding.CheckUserID(l.User)
}
