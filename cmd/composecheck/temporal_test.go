package composecheck_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	server   = "go.temporal.io/server"
	uiServer = "github.com/temporalio/ui-server/v2"
)

// sources joins files of a module that cmd/devstack runs.
func sources(t *testing.T, module string, files ...string) string {
	t.Helper()
	dir, _ := moduleDir(t, module)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// TestTemporalIsTheOneThatTestsRun holds the tags to the versions that the
// development stack embeds, so that tests and containers meet the same server.
func TestTemporalIsTheOneThatTestsRun(t *testing.T) {
	t.Parallel()
	p := project(t)
	_, version := moduleDir(t, server)
	_, uiVersion := moduleDir(t, uiServer)
	for service, want := range map[string]string{
		"temporal":           "temporalio/server:" + version,
		"temporal-schema":    "temporalio/admin-tools:" + version,
		"temporal-namespace": "temporalio/admin-tools:" + version,
		"temporal-ui":        "temporalio/ui:" + uiVersion,
	} {
		if got := p.Services[service].Image; got != want {
			t.Errorf("%s: image = %q, want %q as in cmd/devstack/go.mod", service, got, want)
		}
	}
}

// TestTemporalReadsItsVariables looks each variable up where the image takes its
// configuration from: the template and the flags of the server, the tools' flags, the
// template of the UI.
func TestTemporalReadsItsVariables(t *testing.T) {
	t.Parallel()
	p := project(t)
	for _, c := range []struct {
		service string
		text    string
		form    string // %s stands for the name
	}{
		{"temporal", sources(t, server, "common/config/config_template_embedded.yaml", "common/config/loader.go"), `"%s"`},
		{"temporal-schema", sources(t, server, "tools/sql/main.go"), `EnvVar: "%s"`},
		{"temporal-ui", sources(t, uiServer, "config/docker.yaml"), `env "%s"`},
	} {
		for name := range environment(p.Services[c.service]) {
			if want := strings.ReplaceAll(c.form, "%s", name); !strings.Contains(collapse(c.text), want) {
				t.Errorf("%s: nothing reads %s", c.service, name)
			}
		}
	}
	script := read(t, "deploy/temporal/namespace.sh")
	for name := range environment(p.Services["temporal-namespace"]) {
		if !strings.Contains(script, "$"+name) && !strings.Contains(script, "{"+name+":") {
			t.Errorf("temporal-namespace: nothing reads %s", name)
		}
	}
}

// collapse makes one blank of several.
func collapse(text string) string { return regexp.MustCompile(`[ \t]+`).ReplaceAllString(text, " ") }

func TestTemporalSchemasExist(t *testing.T) {
	t.Parallel()
	dir, _ := moduleDir(t, server)
	names := regexp.MustCompile(`(?m)^schema \S+ (\S+)$`).FindAllStringSubmatch(read(t, "deploy/temporal/schema.sh"), -1)
	if len(names) != 2 {
		t.Fatalf("schema.sh names %d schemas, want 2", len(names))
	}
	for _, match := range names {
		if _, err := os.Stat(filepath.Join(dir, "schema", match[1], "versioned")); err != nil {
			t.Error(err)
		}
	}
}

func TestDynamicConfigurationIsKnown(t *testing.T) {
	t.Parallel()
	var keys map[string][]struct {
		Value       any
		Constraints map[string]any
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/temporal/dynamicconfig/admit.yaml")), &keys); err != nil {
		t.Fatal(err)
	}
	constants := sources(t, server, "common/dynamicconfig/constants.go")
	for key, values := range keys {
		if !strings.Contains(constants, `"`+key+`"`) {
			t.Errorf("Temporal knows no %s", key)
		}
		if len(values) != 1 || values[0].Value == nil {
			t.Errorf("%s has %d values, want one", key, len(values))
		}
	}
}
