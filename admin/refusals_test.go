package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"admit/admin"
)

// refusalsOfTheRules reads the codes of all refusals out of the rules, so that a
// new one cannot be forgotten here.
func refusalsOfTheRules(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "onboarding", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec) // but for the outcome itself
			if !ok || len(spec.Values) != 1 || len(spec.Names[0].Name) == len("Refused") || !strings.HasPrefix(spec.Names[0].Name, "Refused") {
				return true
			}
			if text, ok := spec.Values[0].(*ast.BasicLit); ok {
				code, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
			return true
		})
	}
	return codes
}

// Each refusal of the rules keeps its code and is told in a sentence of its own.
func TestCommandIsRefused(t *testing.T) {
	t.Parallel()
	codes := refusalsOfTheRules(t)
	if len(codes) < 20 {
		t.Fatalf("the rules have the refusals %q", codes)
	}
	d, _ := readDocument(t)
	documented, _ := d.Components.Schemas["Problem"].Properties["reason"]["description"].(string)
	said := map[string]string{}
	for _, reason := range append(codes, "of_a_later_version") {
		st := newStore("user-1")
		st.refuse = reason
		s := newSetup(t, st, admin.Limits{})
		p := wantProblem(t, s.ask("POST", commandsPath, operateToken, command), http.StatusConflict, "refused")
		if p.Reason != reason || said[p.Detail] != "" {
			t.Errorf("%s: %+v, as %s", reason, p, said[p.Detail])
		}
		said[p.Detail] = reason
		if log := s.logged(); !strings.Contains(log, `"outcome":"refused"`) {
			t.Errorf("log %s", log)
		}
		if reason != "of_a_later_version" && !strings.Contains(documented, reason) {
			t.Errorf("%s is not in the API's description", reason)
		}
	}
	if said["The rules do not allow this now."] != "of_a_later_version" {
		t.Errorf("a refusal of the rules has no sentence: %s", said["The rules do not allow this now."])
	}
}
