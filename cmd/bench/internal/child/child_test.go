package child_test

import (
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"admit/cmd/bench/internal/child"
)

// listenVariable makes the test's own program a process to be started.
const listenVariable = "CHILD_TEST_LISTEN"

func TestMain(m *testing.M) {
	switch addr := os.Getenv(listenVariable); addr {
	case "":
		os.Exit(m.Run())
	case "none":
		os.Stderr.WriteString("no settings\n")
		os.Exit(2)
	default:
		http.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
		http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
			// The caller checks what it got.
			_, _ = w.Write([]byte("things_total 3\n"))
		})
		os.Stderr.WriteString(http.ListenAndServe(addr, nil).Error())
	}
}

func start(t *testing.T, listen string) (*child.Child, string, error) {
	t.Helper()
	addr, err := child.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	if listen == "" {
		listen = addr
	}
	c, err := child.Start(t.Context(), child.Spec{
		Name: "a listener", Path: os.Args[0], Env: append(os.Environ(), listenVariable+"="+listen), Ready: "http://" + addr + "/health",
	})
	return c, addr, err
}

func TestChildIsReadyAndEnds(t *testing.T) {
	t.Parallel()
	c, addr, err := start(t, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := child.Metrics(t.Context(), "http://"+addr+"/metrics")
	if err != nil || m["things_total"] != 3 {
		t.Errorf("metrics %v, %v", m, err)
	}
	child.Settle(t.Context(), 5*time.Second, c)
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := child.Metrics(t.Context(), "http://"+addr+"/metrics"); err == nil {
		t.Error("it still answers")
	}
}

func TestChildThatEndsSaysWhy(t *testing.T) {
	t.Parallel()
	_, _, err := start(t, "none")
	if err == nil || !strings.Contains(err.Error(), "no settings") {
		t.Errorf("got %v", err)
	}
}

func TestParseCPU(t *testing.T) {
	t.Parallel()
	const rest = "S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 8 0 999"
	for _, tc := range []struct {
		name, line string
		want       time.Duration
		fails      bool
	}{
		{"plain", "42 (admit) " + rest, 2 * time.Second, false},
		{"a name with parentheses", "42 (a) b) (c) " + rest, 2 * time.Second, false},
		{"short", "42 (admit) S 1", 0, true},
		{"nothing", "", 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := child.ParseCPU([]byte(tc.line))
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestParsePeak(t *testing.T) {
	t.Parallel()
	got, err := child.ParsePeak([]byte("Name:\tadmit\nVmPeak:\t  999 kB\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n"))
	if err != nil || got != 2<<20 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := child.ParsePeak([]byte("Name:\tadmit\n")); err == nil {
		t.Error("no error without the line")
	}
}

func TestParseMetrics(t *testing.T) {
	t.Parallel()
	got := child.ParseMetrics("# HELP a_total Things.\na_total 12\nb{c=\"d\"} 4\ne_seconds_sum 0.25\nbroken\n")
	if want := map[string]float64{"a_total": 12, "e_seconds_sum": 0.25}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
