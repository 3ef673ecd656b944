// Package admit_test holds what is true of the module as a whole.
package admit_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// beside lists the packages that do not know each other. Each imports
// onboarding; cmd introduces them.
var beside = []string{"providers", "ingress", "dispatch", "workflows", "activities", "worker", "admin", "postgres"}

// owners lists the packages of third parties that only one folder may speak to.
var owners = map[string][]string{
	"github.com/jackc/pgx":                 {"postgres"},
	"github.com/jackc/tern":                {"postgres"},
	"github.com/go-chi/chi":                {"ingress", "admin"},
	"github.com/danielgtaylor/huma":        {"admin"},
	"go.temporal.io/sdk/workflow":          {"workflows", "worker"},
	"go.temporal.io/sdk/activity":          {"activities", "worker", "cmd"},
	"go.temporal.io/sdk/worker":            {"worker", "cmd"},
	"go.temporal.io/sdk/client":            {"dispatch", "worker", "cmd"},
	"github.com/prometheus/client_golang":  {"cmd"},
	"github.com/wneessen/go-mail":          {"activities"},
	"github.com/golang-jwt/jwt":            {"activities"},
	"go.yaml.in/yaml":                      {"cmd"},
	"go.temporal.io/sdk/contrib/envconfig": {"cmd"},
	"github.com/spf13/cobra":               {"cmd"},
}

// TestArrows holds which package may import which: arrows point at onboarding,
// onboarding knows the standard library alone, and packages beside each other do
// not know each other. Tests may use more, but onboarding's tests know no
// neighbour either.
func TestArrows(t *testing.T) {
	t.Parallel()
	for file, imports := range sources(t) {
		folder, _, _ := strings.Cut(filepath.ToSlash(file), "/")
		test := strings.HasSuffix(file, "_test.go")
		for _, path := range imports {
			inside, ours := strings.CutPrefix(path, "admit/")
			switch {
			case folder == "onboarding" && !test && (ours || strings.Contains(strings.Split(path, "/")[0], ".")):
				t.Errorf("%s imports %s: onboarding imports the standard library alone", file, path)
			case folder == "onboarding" && ours && inside != "onboarding":
				t.Errorf("%s imports %s: onboarding knows no neighbour", file, path)
			case slices.Contains(beside, folder) && ours && !test && !allowed(folder, inside):
				t.Errorf("%s imports %s: packages beside each other do not know each other; declare an interface", file, path)
			case ours && strings.HasPrefix(inside, "cmd/") && folder != "cmd":
				t.Errorf("%s imports %s: nobody imports cmd", file, path)
			}
			for lib, who := range owners {
				if !test && (path == lib || strings.HasPrefix(path, lib+"/")) && !slices.Contains(who, folder) {
					t.Errorf("%s imports %s, which is the business of %v", file, path, who)
				}
			}
		}
	}
}

func allowed(folder, inside string) bool {
	return inside == "onboarding" || inside == folder || strings.HasPrefix(inside, folder+"/")
}

// examples lists the programs that are there to be copied: they know nothing of this
// module but what is theirs.
var examples = []string{"cmd/examplereceiver", "cmd/exampleworker"}

// TestExamplesStandAlone holds that what is to be copied works elsewhere.
func TestExamplesStandAlone(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for file, imports := range sources(t) {
		for _, example := range examples {
			if !strings.HasPrefix(filepath.ToSlash(file), example+"/") || strings.HasSuffix(file, "_test.go") {
				continue
			}
			found[example] = true
			for _, path := range imports {
				if inside, ours := strings.CutPrefix(path, "admit/"); ours && !strings.HasPrefix(inside, example+"/") {
					t.Errorf("%s imports %s, which who copies it has not", file, path)
				}
			}
		}
	}
	if len(found) != len(examples) {
		t.Errorf("only %v were found", found)
	}
}

// described lists the folders beside the layout that hold documents and examples,
// and of Go nothing but their tests.
var described = []string{"docs", "examples"}

// TestFolders holds that nothing else has grown beside the folders of the layout.
func TestFolders(t *testing.T) {
	t.Parallel()
	for file := range sources(t) {
		folder, _, found := strings.Cut(filepath.ToSlash(file), "/")
		if slices.Contains(described, folder) && strings.HasSuffix(file, "_test.go") {
			continue
		}
		if found && folder != "onboarding" && folder != "cmd" && !slices.Contains(beside, folder) {
			t.Errorf("%s: %s is no folder of the layout", file, folder)
		}
	}
}

// sources returns the imports of every Go file of this module.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[path] = []string{}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			found[path] = append(found[path], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
