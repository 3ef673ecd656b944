package admin_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"admit/admin"
)

var update = flag.Bool("update", false, "write testdata anew")

type operation struct {
	OperationID string                      `json:"operationId"`
	Summary     string                      `json:"summary"`
	Parameters  []struct{ Name, In string } `json:"parameters"`
	Security    []map[string][]string       `json:"security"`
	Responses   map[string]map[string]any   `json:"responses"`
	RequestBody map[string]any              `json:"requestBody"`
}

type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]map[string]any `json:"properties"`
		} `json:"schemas"`
		SecuritySchemes map[string]map[string]any `json:"securitySchemes"`
	} `json:"components"`
}

func readDocument(t *testing.T) (document, []byte) {
	t.Helper()
	w := newSetup(t, newStore(), admin.Limits{}).ask("GET", "/openapi.json", "", "")
	return wantJSON[document](t, w, http.StatusOK), w.Body.Bytes()
}

func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	_, text := readDocument(t)
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Error("the description has changed: go test ./admin -run TestDocumentIsFresh -update, and look at what is different")
	}
}

// Every route is in the document, and the document has no others.
func TestDocumentListsEveryRoute(t *testing.T) {
	t.Parallel()
	d, _ := readDocument(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("version %q", d.OpenAPI)
	}
	var described, served []string
	for path, methods := range d.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	routes, ok := newSetup(t, newStore(), admin.Limits{}).Handler().(chi.Routes)
	if !ok {
		t.Fatal("the handler does not list its routes")
	}
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described %q\nserved %q", described, served)
	}
	if len(served) != 26 {
		t.Errorf("%d routes", len(served))
	}
}

// What OpenAPI 3.1 asks of a document, and what a reader needs.
func TestDocumentIsWhole(t *testing.T) {
	t.Parallel()
	d, text := readDocument(t)
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			name := method + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Responses) == 0 {
				t.Errorf("%s: %+v", name, op)
			}
			ids[op.OperationID] = true
			for status, r := range op.Responses {
				if r["description"] == "" || r["content"] == nil {
					t.Errorf("%s: answer %s says nothing", name, status)
				}
			}
			for _, param := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == param[1] && p.In == "path" }) {
					t.Errorf("%s: %s is not described", name, param[1])
				}
			}
			guarded := strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/codec/")
			if guarded != (len(op.Security) == 1) || guarded && op.Responses["401"] == nil {
				t.Errorf("%s: security %v", name, op.Security)
			}
			bodiless := method == "get" || path == "/v1/events/{id}/replay" || path == "/v1/hooks/{name}/test"
			if bodiless == (op.RequestBody != nil) {
				t.Errorf("%s: body %v", name, op.RequestBody)
			}
		}
	}
	if d.Components.SecuritySchemes["token"]["scheme"] != "bearer" {
		t.Errorf("security schemes %v", d.Components.SecuritySchemes)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "([^"]*)"`).FindAllSubmatch(text, -1) {
		name, inside := strings.CutPrefix(string(ref[1]), "#/components/schemas/")
		if _, found := d.Components.Schemas[name]; !inside || !found {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
	for _, name := range []string{"Onboarding", "CheckView", "TimelineEntry", "Change", "EventView", "Proposal", "OverrideView",
		"Audit", "Decision", "Explained", "CheckExplanation", "APIExplanation", "AnswerView", "Words", "Deadline",
		"HookItem", "FailedEffect", "HookReplayBody", "HookReplayAnswer", "HookTryAnswer", "ContactBody", "ContactAnswer", "ForgetBody"} {
		if len(d.Components.Schemas[name].Properties) == 0 {
			t.Errorf("%s is not described", name)
		}
		for field, p := range d.Components.Schemas[name].Properties {
			if p["description"] == nil && p["$ref"] == nil {
				t.Errorf("%s.%s is not described", name, field)
			}
		}
	}
}

// What the API answers has the fields that the document names.
func TestDocumentTellsTheTruth(t *testing.T) {
	t.Parallel()
	d, _ := readDocument(t)
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	got := wantJSON[map[string]json.RawMessage](t, s.ask("GET", "/v1/onboardings/user-1", readToken, ""), http.StatusOK)
	answered, described := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(d.Components.Schemas["Onboarding"].Properties))
	if !slices.Equal(answered, described) {
		t.Errorf("answered %q\ndescribed %q", answered, described)
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	w := newSetup(t, newStore(), admin.Limits{}).ask("GET", "/docs", "", "")
	page := w.Body.String()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	d, _ := readDocument(t)
	for path, methods := range d.Paths {
		for _, op := range methods {
			if !strings.Contains(page, path) || !strings.Contains(page, `id="`+op.OperationID+`"`) {
				t.Errorf("%s is not on the page", path)
			}
		}
	}
	for name := range d.Components.Schemas {
		if !strings.Contains(page, `id="`+name+`"`) {
			t.Errorf("%s is not on the page", name)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("#%s leads nowhere", link[1])
		}
	}
	for _, word := range []string{"<script", "<link", "<img", "<iframe", "http-equiv", " src=", " style=", "//cdn"} {
		if strings.Contains(page, word) {
			t.Errorf("the page holds %q", word)
		}
	}
	if !strings.Contains(page, "Authorization: Bearer") {
		t.Error("the page does not say how to authorise")
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	digest := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if got := w.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("policy %s, want %s", got, want)
	}
}
