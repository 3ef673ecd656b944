package workflows_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// record makes TestRecordedPaths write the histories that it drives to testdata.
var record = flag.Bool("record", false, "write the histories of the canonical paths to testdata")

// release is under whose name histories are recorded. With each release it gets
// another name, so that those of the releases before stay and are replayed on.
const release = "v1"

const histories = "testdata/histories"

// TestRecordedPaths drives every path on a real server, replays its history, and
// holds that the recorded one still stands for it.
func TestRecordedPaths(t *testing.T) {
	t.Parallel()
	for _, p := range paths {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, p.limits)
			if p.row != nil {
				s.serveRow(p.row())
			} else {
				s.serveBook(newBook())
			}
			h := s.history(p.drive(s))
			replay(t, h)
			if *record {
				write(t, p.name, h)
			} else {
				fresh(t, p.name, h)
			}
		})
	}
}

func (s *server) history(runID string) *historypb.History {
	s.t.Helper()
	h := &historypb.History{}
	it := s.c.GetWorkflowHistory(s.ctx(), s.id(), runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			s.t.Fatalf("history: %v", err)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

func replay(t *testing.T, h *historypb.History) {
	t.Helper()
	if err := replayOn(t, thisBuild(""), h); err != nil {
		t.Errorf("the history does not replay: %v", err)
	}
}

// write stores a history without the name of the machine that it was recorded on.
func write(t *testing.T, name string, h *historypb.History) {
	t.Helper()
	raw, err := protojson.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer // protojson promises no stable spaces
	if err := json.Indent(&text, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	clean := strings.ReplaceAll(text.String(), `"`+host+":", `"host:`) // as in the names of sticky queues
	file := filepath.Join(histories, name+"."+release+".json")
	if err := os.MkdirAll(histories, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(clean+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReplay replays every recorded history, of this build's release and of all
// before it.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(histories, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		if !slices.ContainsFunc(paths, func(p path) bool { return p.name == name }) {
			t.Errorf("%s belongs to no path", file)
		}
		recorded[filepath.Base(file)] = true
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replay(t, readHistory(t, file))
		})
	}
	for _, p := range paths {
		if !recorded[p.name+"."+release+".json"] {
			t.Errorf("no history of the path %q in %s: make record-histories", p.name, release)
		}
	}
}
