package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// importRate is how many users are imported in a second unless the operator says
// otherwise: as many as Admit's own sweep rings, so that webhooks and commands find
// room beside them.
const importRate = 200.0

// Limits of one request: the API's own, and a little below its longest body.
const (
	maxBatch     = 1000
	maxBatchBody = 900 << 10 // bytes
)

type importFlags struct {
	format, id         string
	sendAccess, dryRun bool
	rate               rate
}

// formats of a file, by the ending of its name.
var formats = map[string]string{".csv": formatCSV, ".jsonl": formatJSONL, ".ndjson": formatJSONL}

const (
	formatCSV   = "csv"
	formatJSONL = "jsonl"
)

func (a *app) imports() *cobra.Command {
	f := importFlags{rate: importRate}
	cmd := &cobra.Command{Use: "import FILE", Short: help("import"), DisableFlagsInUseLine: true, Args: oneFile("FILE"),
		Long: "Brings users who were verified before Admit came: their checks count as passed. The whole file is read and checked first, then asked of\n" +
			"the admin API, and only when no user is amiss imported, in batches. Stopped at any time, the same command again goes on, and\n" +
			"imports nobody twice. It needs a token of the role admin.\n\n" +
			"A CSV file has a header: " + strings.Join(columns[:], ",") + ".\n" +
			"Checks are separated by blanks or semicolons; since is a time, 2024-05-31T12:00:00Z, or a date; the columns behind it may be left out.\n" +
			"A JSONL file has an object with the same names on each line; its checks may be a list."}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "", "of the file: csv or jsonl (default: as its name ends)")
	flags.StringVar(&f.id, "id", "", "the import's `ID` (default: made of the file's content)")
	flags.BoolVar(&f.sendAccess, "send-access", false, "tell the hooks of the access that these users have; else they are taken to know")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be done, and import nobody")
	flags.Var(&f.rate, "rate", "how many users are imported: 200/s, 6000/m")
	completes(cmd, "format", []string{formatCSV, formatJSONL})
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.startImport(cmd.Context(), args[0], f) }
	return cmd
}

var importID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

func (a *app) startImport(ctx context.Context, file string, f importFlags) error {
	if f.format == "" {
		f.format = formats[strings.ToLower(filepath.Ext(file))]
	}
	switch {
	case f.format != formatCSV && f.format != formatJSONL:
		return usage("the format of %s is not known; give --format csv or --format jsonl", file)
	case f.id != "" && !importID.MatchString(f.id):
		return usage("--id %q: it has 1 to 100 letters, digits, dots, colons, dashes or underscores", f.id)
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	text, err := a.readFile(file)
	if err != nil {
		return err
	}
	users, bad := readUsers(f.format, text, a.Now())
	switch err := bad.err(file, "nobody was imported"); {
	case err != nil:
		return err
	case len(users) == 0:
		return failed("%s names no user", file)
	case len(users) > maxUsers:
		return failed("%s names %d users; split it into files of at most %d", file, len(users), maxUsers)
	}
	if f.id == "" {
		sum := sha256.Sum256(text)
		f.id = "file-" + hex.EncodeToString(sum[:10])
	}
	batches, err := inBatches(users, int(f.rate))
	if err != nil {
		return err
	}
	run := &importRun{a: a, c: c, file: file, flags: f, batches: batches, users: len(users)}
	return run.do(ctx)
}

// importUser is one user as the API takes it.
type importUser struct {
	Line    int                 `json:"line"`
	UserID  string              `json:"userId"`
	Checks  []string            `json:"checks"`
	Since   string              `json:"since"`
	Contact *onboarding.Contact `json:"contact,omitempty"`
}

// batch is what one request imports.
type batch struct {
	count int
	users json.RawMessage // a list
}

// inBatches cuts the users into requests: of no more than a second's, and within
// the API's limits.
func inBatches(users []importUser, perSecond int) ([]batch, error) {
	size := max(1, min(maxBatch, perSecond))
	var batches []batch
	var text []byte
	count := 0
	flush := func() {
		if count > 0 {
			batches = append(batches, batch{count, append(text, ']')})
			text, count = nil, 0
		}
	}
	for _, u := range users {
		one, err := json.Marshal(u)
		if err != nil {
			return nil, failed("line %d cannot be written: %v", u.Line, err)
		}
		if count == size || len(text)+len(one) > maxBatchBody {
			flush()
		}
		separator := byte(',')
		if count == 0 {
			separator = '['
		}
		text = append(append(text, separator), one...)
		count++
	}
	flush()
	return batches, nil
}

// imported is what the API says of a batch.
type imported struct {
	Accepted int `json:"accepted"`
	Repeated int `json:"repeated"`
}

// send asks for a batch until it is answered. An import has an ID, so nobody is
// imported twice.
func (r *importRun) send(ctx context.Context, b batch, dryRun bool, tells *progress) (imported, error) {
	var got imported
	body, err := json.Marshal(map[string]any{"id": r.flags.id, "dryRun": dryRun, "sendAccess": r.flags.sendAccess, "users": b.users})
	if err != nil {
		return got, failed("the users cannot be written: %v", err)
	}
	err = r.a.patiently(ctx, tells.again, func(ctx context.Context) error {
		_, _, err := r.c.do(ctx, http.MethodPost, "/v1/imports", body, &got)
		return err
	})
	return got, err
}
