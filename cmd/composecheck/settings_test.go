package composecheck_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/contrib/envconfig"

	"admit/cmd/admit/settings"
)

// elsewhere lists the variables of Admit's containers that a library reads:
// pgx and Go's runtime.
var elsewhere = []string{"PGPASSWORD", "GOMEMLIMIT"}

// container returns the whole environment of one of Admit's containers, the image's
// own variables included.
func container(t *testing.T, s types.ServiceConfig) map[string]string {
	t.Helper()
	env := dockerfile(t).env(t)
	maps.Copy(env, environment(s))
	return env
}

func TestEveryVariableIsKnownToTheProduct(t *testing.T) {
	t.Parallel()
	temporal := temporalNames(t)
	for name, s := range project(t).Services {
		if !ours(s) {
			continue
		}
		for variable := range container(t, s) {
			switch {
			case slices.Contains(settings.Known(), variable), slices.Contains(elsewhere, variable):
			case strings.HasPrefix(variable, "TEMPORAL_") && slices.Contains(temporal, variable):
			default:
				t.Errorf("%s: %s is read by nobody", name, variable)
			}
		}
	}
	for variable := range variables(t) {
		if strings.HasPrefix(variable, "ADMIT_") && !slices.Contains(settings.Known(), variable) {
			t.Errorf("%s interpolates %s, which is no setting of Admit", composeFile, variable)
		}
	}
}

// asked is an environment that remembers what it was asked for.
type asked struct {
	mu    sync.Mutex
	names []string
}

func (a *asked) Environ() []string { return nil }

func (a *asked) LookupEnv(name string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names = append(a.names, name)
	return "", false
}

// temporalNames returns the variables that the Temporal client reads.
func temporalNames(t *testing.T) []string {
	t.Helper()
	env := &asked{}
	if _, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: env}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(env.names, "TEMPORAL_ADDRESS") {
		t.Fatalf("the Temporal client asked for %v", env.names)
	}
	return env.names
}

// TestSettingsHaveNoMistakes reads the settings as each long-running container
// will: with its variables and its file.
func TestSettingsHaveNoMistakes(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, role := range map[string]settings.Role{
		"admit-ingress": {Ingress: true},
		"admit-worker":  {Worker: true},
	} {
		s := p.Services[name]
		var environ []string
		for variable, value := range container(t, s) {
			environ = append(environ, variable+"="+value)
		}
		got, warnings, problems := settings.Load(role, environ, func(path string) ([]byte, error) {
			return os.ReadFile(mounted(s, path))
		})
		for _, problem := range problems {
			t.Errorf("%s: %s", name, problem)
		}
		for _, warning := range warnings {
			t.Errorf("%s: %s", name, warning)
		}
		if got.Migrate {
			t.Errorf("%s migrates beside admit-migrate", name)
		}
		if _, ok := environment(s)["ADMIT_P100_API_KEY"]; ok != role.Worker {
			t.Errorf("%s: has the key of P100's API: %v", name, ok)
		}
		if _, ok := environment(s)["ADMIT_ADMIN_TOKENS"]; ok != role.Worker {
			t.Errorf("%s: has the admin API's tokens: %v", name, ok)
		}
	}
}

// TestPasswordIsReadBesideTheURL holds what the compose file builds on: a
// DATABASE_URL without a password, and PGPASSWORD.
func TestPasswordIsReadBesideTheURL(t *testing.T) {
	const odd = `p@ss/w:rd#?%20`
	env := environment(project(t).Services["admit-worker"])
	t.Setenv("PGPASSWORD", odd)
	config, err := pgconn.ParseConfig(env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	if config.Password != odd || config.User != "admit" || config.Database != "admit" || config.Host != "postgres" {
		t.Errorf("user %q, password %q, database %q at %q", config.User, config.Password, config.Database, config.Host)
	}
}

// comment matches a line of deploy/admit.yaml that is switched off.
var comment = regexp.MustCompile(`(?m)^#(\S|  )`)

// TestExampleConfiguration holds that the example file means the built-in policy,
// and that what it has switched off is right once it is on.
func TestExampleConfiguration(t *testing.T) {
	t.Parallel()
	text := read(t, "deploy/admit.yaml")
	none := func(string) string { return "" }
	as, problems := settings.ParseConfig([]byte(text), none)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	built, _ := settings.ParseConfig(nil, none)
	if got, want := as.Policy.RequireAny, built.Policy.RequireAny; !slices.Equal(got, want) {
		t.Errorf("require_any = %v, built in is %v", got, want)
	}
	if got, want := as.Policy.RequireAll, built.Policy.RequireAll; !slices.Equal(got, want) {
		t.Errorf("require_all = %v, built in is %v", got, want)
	}
	if got, want := as.Policy.Settle, built.Policy.Settle; got != want {
		t.Errorf("settle = %v, built in is %v", got.D(), want.D())
	}
	if got, want := as.Policy.RequireIfStarted, built.Policy.RequireIfStarted; !slices.Equal(got, want) {
		t.Errorf("require_if_started = %v, built in is %v", got, want)
	}
	secrets := func(name string) string {
		return map[string]string{
			"CORE_HOOK_SECRETS": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "ANALYTICS_HOOK_SECRETS": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
			"SMTP_USER": "u", "SMTP_PASSWORD": "p", "RESUME_SECRETS": "0123456789abcdef0123456789abcdef",
		}[name]
	}
	on, problems := settings.ParseConfig([]byte(comment.ReplaceAllString(text, "$1")), secrets)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(on.Hooks) != 3 || on.Mail == nil || on.Voice.ResumeURL == "" || on.Reviewers == nil || len(on.Policy.FourEyes) == 0 || on.Policy.ReversalsPerHour == 0 {
		t.Errorf("switched on: %d hooks, mail %v, reviewers %v, policy %s", len(on.Hooks), on.Mail, on.Reviewers, on.Policy.Text())
	}
}
