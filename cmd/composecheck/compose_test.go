package composecheck_test

import (
	"bufio"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

const composeFile = "docker-compose.yml"

// compose loads docker-compose.yml as docker compose does, with the compose
// specification's schema, and nothing but env as the environment.
func compose(t *testing.T, env map[string]string) (*types.Project, error) {
	t.Helper()
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, composeFile)},
		cli.WithWorkingDirectory(root), cli.WithEnv(list))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

// project is docker-compose.yml with the values of deploy/env.example.
func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := compose(t, example(t))
	if err != nil {
		t.Fatalf("%s with deploy/env.example: %v", composeFile, err)
	}
	return p
}

// example reads deploy/env.example.
func example(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(read(t, "deploy/env.example")))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("deploy/env.example: %q is no NAME=value", line)
		}
		env[name] = value
	}
	return env
}

// variables returns what docker-compose.yml interpolates.
func variables(t *testing.T) map[string]template.Variable {
	t.Helper()
	var document map[string]any
	if err := yaml.Unmarshal([]byte(read(t, composeFile)), &document); err != nil {
		t.Fatal(err)
	}
	return template.ExtractVariables(document, nil)
}

func TestComposeFileFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	p := project(t)
	want := []string{
		"admit-ingress", "admit-migrate", "admit-setup", "admit-worker", "postgres",
		"temporal", "temporal-namespace", "temporal-schema", "temporal-ui",
	}
	if got := slices.Sorted(maps.Keys(p.Services)); !slices.Equal(got, want) {
		t.Errorf("services = %v, want %v", got, want)
	}
	if _, err := p.GetServices(want...); err != nil {
		t.Error(err)
	}
}

// TestEveryVariableIsNamedWhenItIsMissing loads the file without one required
// variable at a time: whoever starts it must read which one to set.
func TestEveryVariableIsNamedWhenItIsMissing(t *testing.T) {
	t.Parallel()
	required := 0
	for name, v := range variables(t) {
		if !v.Required {
			continue
		}
		required++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := example(t)
			delete(env, name)
			_, err := compose(t, env)
			if err == nil {
				t.Fatalf("loads without %s", name)
			}
			if !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), ".env") {
				t.Errorf("without %s the error does not say what to do: %v", name, err)
			}
		})
	}
	if required == 0 {
		t.Error("no variable is required, so passwords have defaults")
	}
}

// TestSecretsMustNotBeEmpty holds that an empty line in .env is no secret. The
// providers' are for the product to check, which knows which ones are on.
func TestSecretsMustNotBeEmpty(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"POSTGRES_PASSWORD", "POSTGRES_TEMPORAL_PASSWORD", "POSTGRES_ADMIT_PASSWORD", "ADMIT_ADMIN_TOKENS"} {
		env := example(t)
		env[name] = ""
		if _, err := compose(t, env); err == nil {
			t.Errorf("loads with an empty %s", name)
		}
	}
}

func TestExampleEnvironmentIsComplete(t *testing.T) {
	t.Parallel()
	used, given := variables(t), example(t)
	for name := range given {
		if _, ok := used[name]; !ok {
			t.Errorf("deploy/env.example sets %s, which %s does not read", name, composeFile)
		}
	}
	for name, v := range used {
		if _, ok := given[name]; v.Required && !ok {
			t.Errorf("deploy/env.example does not set %s, which %s needs", name, composeFile)
		}
	}
}

// TestInterpolatedValuesArriveWhole passes passwords that a URL or a shell would
// read as something else.
func TestInterpolatedValuesArriveWhole(t *testing.T) {
	t.Parallel()
	const odd = `p@ss/w:rd#?%20 $'"`
	env := example(t)
	env["POSTGRES_ADMIT_PASSWORD"], env["POSTGRES_TEMPORAL_PASSWORD"] = odd, odd
	p, err := compose(t, env)
	if err != nil {
		t.Fatal(err)
	}
	for service, name := range map[string]string{
		"admit-worker": "PGPASSWORD", "admit-migrate": "PGPASSWORD", "temporal": "POSTGRES_PWD", "temporal-schema": "SQL_PASSWORD",
	} {
		if got := environment(p.Services[service])[name]; got != odd {
			t.Errorf("%s: %s = %q, want %q", service, name, got, odd)
		}
	}
}

// environment returns the variables that the compose file gives a service.
func environment(s types.ServiceConfig) map[string]string {
	env := map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			env[name] = *value
		}
	}
	return env
}
