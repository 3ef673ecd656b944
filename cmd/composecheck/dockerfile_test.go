package composecheck_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// image is the Dockerfile: what builds, and what runs.
type image struct {
	build, final instructions.Stage
	warnings     []string
}

// dockerfile parses the Dockerfile with the builder's own parser and linter.
func dockerfile(t *testing.T) image {
	t.Helper()
	parsed, err := parser.Parse(strings.NewReader(read(t, "Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	var i image
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		i.warnings = append(i.warnings, rule+": "+message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages, want 2", len(stages))
	}
	i.build, i.final = stages[0], stages[1]
	return i
}

// all returns a stage's commands of one kind.
func all[C instructions.Command](s instructions.Stage) []C {
	var found []C
	for _, command := range s.Commands {
		if c, ok := command.(C); ok {
			found = append(found, c)
		}
	}
	return found
}

// one returns a stage's only command of a kind.
func one[C instructions.Command](t *testing.T, s instructions.Stage) C {
	t.Helper()
	found := all[C](s)
	if len(found) != 1 {
		t.Fatalf("%d %T, want 1", len(found), *new(C))
	}
	return found[0]
}

// env returns the variables that the image itself sets.
func (i image) env(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, pair := range one[*instructions.EnvCommand](t, i.final).Env {
		env[pair.Key] = pair.Value
	}
	return env
}

// output matches where the build step writes the binary.
var output = regexp.MustCompile(`\bgo build .*-o (\S+)`)

// buildStep returns the command that makes the binary, and the binary's path below
// the stage's directory.
func (i image) buildStep(t *testing.T) (command, binary string) {
	t.Helper()
	for _, run := range all[*instructions.RunCommand](i.build) {
		line := strings.Join(run.CmdLine, " ")
		if match := output.FindStringSubmatch(line); match != nil {
			return line, match[1]
		}
	}
	t.Fatal("no step of the Dockerfile builds the binary")
	return "", ""
}

func TestDockerfileHasNoWarnings(t *testing.T) {
	t.Parallel()
	for _, warning := range dockerfile(t).warnings {
		t.Error(warning)
	}
}

// TestBuilderIsPinned holds that the image is built by the Go that the modules ask
// for.
func TestBuilderIsPinned(t *testing.T) {
	t.Parallel()
	_, tag, ok := strings.Cut(dockerfile(t).build.BaseName, "golang:")
	version, _, _ := strings.Cut(tag, "-")
	if !ok || strings.Count(version, ".") != 2 {
		t.Fatalf("the builder is %q, want golang with a full version", dockerfile(t).build.BaseName)
	}
	if want := "go " + version + "\n"; !strings.Contains(read(t, "cmd/composecheck/go.mod"), want) {
		t.Errorf("the builder is Go %s, cmd/composecheck/go.mod asks for another", version)
	}
}

func TestFinalStage(t *testing.T) {
	t.Parallel()
	i := dockerfile(t)
	if i.final.BaseName != "scratch" {
		t.Errorf("the image starts from %q", i.final.BaseName)
	}
	if user := one[*instructions.UserCommand](t, i.final).User; !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		t.Errorf("USER %s; without /etc/passwd it must be two numbers, and not root's", user)
	}
	entrypoint := one[*instructions.EntrypointCommand](t, i.final)
	if entrypoint.PrependShell || len(entrypoint.CmdLine) != 1 {
		t.Fatalf("ENTRYPOINT %v; there is no shell", entrypoint.CmdLine)
	}
	_, binary := i.buildStep(t)
	made := path.Join(one[*instructions.WorkdirCommand](t, i.build).Path, binary)
	copied := map[string]string{}
	for _, c := range all[*instructions.CopyCommand](i.final) {
		if c.From != i.build.Name {
			t.Errorf("COPY --from=%s; the stage is %s", c.From, i.build.Name)
		}
		copied[c.DestPath] = c.SourcePaths[0]
	}
	if got := copied[entrypoint.CmdLine[0]]; got != made {
		t.Errorf("ENTRYPOINT %s is %q, the build step makes %s", entrypoint.CmdLine[0], got, made)
	}
	// Go looks here for the certificates that it trusts.
	const trusted = "/etc/ssl/certs/ca-certificates.crt"
	if copied[trusted] != trusted {
		t.Errorf("no certificates at %s", trusted)
	}
	if health := one[*instructions.HealthCheckCommand](t, i.final).Health; !slices.Equal(health.Test, []string{"CMD", entrypoint.CmdLine[0], "health"}) {
		t.Errorf("HEALTHCHECK %v", health.Test)
	}
}

func TestExposedPortsAreListenedOn(t *testing.T) {
	t.Parallel()
	i := dockerfile(t)
	env := i.env(t)
	var want []string
	for _, name := range []string{"ADMIT_LISTEN", "ADMIT_ADMIN_LISTEN"} {
		port(t, env[name])
		want = append(want, strings.TrimPrefix(env[name], ":"))
	}
	if got := one[*instructions.ExposeCommand](t, i.final).Ports; !slices.Equal(got, want) {
		t.Errorf("EXPOSE %v, listens on %v", got, want)
	}
}

func TestCopiedFilesExist(t *testing.T) {
	t.Parallel()
	ignored := ignore(t)
	for _, c := range all[*instructions.CopyCommand](dockerfile(t).build) {
		for _, source := range c.SourcePaths {
			if _, err := os.Stat(filepath.Join(root, source)); err != nil {
				t.Errorf("COPY %s: %v", source, err)
			}
			if source != "." && ignored(source) {
				t.Errorf("COPY %s: .dockerignore keeps it out", source)
			}
		}
	}
}

func TestContextHoldsNoSecret(t *testing.T) {
	t.Parallel()
	ignored := ignore(t)
	for _, name := range []string{".env", ".env.production", ".git/config", ".devstack/data", "bin/admit", "deploy/env.example"} {
		if !ignored(name) {
			t.Errorf("%s is sent to the builder", name)
		}
	}
}
