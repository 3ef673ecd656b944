package providers_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"admit/onboarding"
	"admit/providers"
)

// provider is what the tests need of a provider.
type provider interface {
	Name() string
	Decode(route string, body []byte) (string, onboarding.Report, error)
	Message(route string, body []byte) string
}

// decoding is a body with what it means. Body is the name of a file in the
// provider's folder, or the text itself when it opens with a brace.
type decoding struct {
	name, route, body string
	user              string
	report            onboarding.Report
	message           string
}

// fault is a body that reports nothing.
type fault struct {
	name, route, body string
	user              string // returned all the same
	want              error
}

func checkDecodings(t *testing.T, p provider, cases []decoding) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := load(t, p, c.body)
			user, report, err := p.Decode(c.route, body)
			if err != nil {
				t.Fatalf("Decode: %v", err)
			}
			if user != c.user {
				t.Errorf("user %q, want %q", user, c.user)
			}
			if !reflect.DeepEqual(report, c.report) {
				t.Errorf("report\n%#v, want\n%#v", report, c.report)
			}
			if got := p.Message(c.route, body); got != c.message {
				t.Errorf("message %q, want %q", got, c.message)
			}
			again, err := providers.Set{}.Decode(p.Name(), c.route, body)
			if err != nil || !reflect.DeepEqual(again, report) {
				t.Errorf("the set decodes %#v, %v", again, err)
			}
		})
	}
}

func checkFaults(t *testing.T, p provider, cases []fault) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			user, _, err := p.Decode(c.route, []byte(c.body))
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if user != c.user {
				t.Errorf("user %q, want %q", user, c.user)
			}
			p.Message(c.route, []byte(c.body)) // must not panic
		})
	}
}

func load(t testing.TB, p provider, body string) []byte {
	t.Helper()
	if strings.HasPrefix(body, "{") {
		return []byte(body)
	}
	text, err := os.ReadFile(filepath.Join("testdata", p.Name(), body))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// seeds returns every file in the provider's folder.
func seeds(f *testing.F, p provider) [][]byte {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", p.Name(), "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	var bodies [][]byte
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// noObjects holds texts that are no JSON object in UTF-8, and two of a depth that
// nobody means.
var noObjects = []string{
	"", " ", "null", "[]", `"a"`, "1", "{", "{}}", "{} {}", "{}\x00", "{'a':1}", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}",
	strings.Repeat("[", 20000), `{"a":` + nested(20000) + `}`,
}

// odd holds texts that are no usable body of any route.
var odd = append(slices.Clone(noObjects), `{"a":"\ud800"}`, `{"a":`+nested(9000)+`,"b":`+huge+`}`)

// nested returns a list in a list in a list, so deep.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// short returns the beginning of a text, to name a test by.
func short(text string) string { return text[:min(len(text), 40)] }

// huge is a number in JSON that no type in Go holds.
const huge = "1e999999"

func FuzzP100Decode(f *testing.F) { fuzzDecode(f, providers.P100{Tokens: []string{"token-1"}}) }

func FuzzXGatewayDecode(f *testing.F) {
	fuzzDecode(f, providers.XGateway{Secrets: []string{"test_secret"}})
}

// routed is a provider with what the fuzzing of its decoder needs beside it.
type routed interface {
	provider
	Routes(add func(route, path, answer string))
}

// fuzzDecode holds that no body makes a decoder panic, that a user ID it returns
// is usable, that it says what is wrong, and that it says the same again.
func fuzzDecode(f *testing.F, p routed) {
	var routes []string
	p.Routes(func(route, _, _ string) { routes = append(routes, route) })
	for i, body := range append(seeds(f, p), bytesOf(odd)...) {
		f.Add(i, body)
	}
	f.Fuzz(func(t *testing.T, n int, body []byte) {
		route := routes[uint(n)%uint(len(routes))]
		user, report, err := p.Decode(route, body)
		switch {
		case err != nil && !errors.Is(err, providers.ErrMalformed) && !errors.Is(err, onboarding.ErrUserID):
			t.Fatalf("error of no kind: %v", err)
		case err == nil && user == "":
			t.Fatal("a report of nobody")
		case err == nil && !report.Check.Valid():
			t.Fatalf("a report on the check %q", report.Check)
		case err == nil && (report.Status == "") != report.Null:
			t.Fatalf("status %q, null %t", report.Status, report.Null)
		}
		if user != "" {
			if err := onboarding.CheckUserID(user); err != nil {
				t.Fatalf("user %q: %v", user, err)
			}
		}
		if again, second, _ := p.Decode(route, body); again != user || !reflect.DeepEqual(second, report) {
			t.Fatal("decoded twice, with two results")
		}
		if m := p.Message(route, body); len(m) > providers.MaxMessage || strings.ContainsAny(m, "\x00\n\x1b\x7f") {
			t.Fatalf("message %q", m)
		}
	})
}

func bytesOf(texts []string) [][]byte {
	out := make([][]byte, len(texts))
	for i, text := range texts {
		out[i] = []byte(text)
	}
	return out
}

func checkRoutes(t *testing.T, p routed, want [][3]string) {
	t.Helper()
	var got [][3]string
	p.Routes(func(route, path, answer string) { got = append(got, [3]string{route, path, answer}) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("routes\n%q, want\n%q", got, want)
	}
}
