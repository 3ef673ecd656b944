package settings_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

var both = settings.Role{Ingress: true, Worker: true}

func base(extra ...string) []string {
	return append([]string{
		"DATABASE_URL=postgres://admit@localhost/admit", "ADMIT_P100_TOKENS=one,two", "ADMIT_XGATEWAY_SECRETS=s",
		"ADMIT_XGATEWAY_TRUST_CALLBACKS=true", "PATH=/bin",
	}, extra...)
}

func load(environ []string, file string) (settings.Settings, []string, []settings.Problem) {
	return settings.Load(both, environ, func(name string) ([]byte, error) {
		if name != "admit.yaml" {
			return nil, errors.New("no such file")
		}
		return []byte(file), nil
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, warnings, problems := load(base(), "")
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	if s.Listen != "127.0.0.1:8080" || s.AdminListen != "127.0.0.1:8081" || !s.Migrate || s.Shadow ||
		!slices.Equal(s.P100Tokens, []string{"one", "two"}) || s.Policy.Hash() != onboarding.DefaultPolicy().Hash() {
		t.Fatalf("%+v", s)
	}
}

// TestProblems holds that each mistake is named, and that none hides another.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		environ []string
		file    string
		want    []string // a part of each problem, in order
	}{
		{"nothing set", nil, "", []string{"DATABASE_URL: is needed", "ADMIT_P100_TOKENS: is needed", "ADMIT_XGATEWAY_SECRETS: is needed", "ADMIT_XGATEWAY_TRUST_CALLBACKS: must be true"}},
		{"odd values", base("ADMIT_SHADOW=perhaps", "ADMIT_LOG_LEVEL=loud", "ADMIT_LOG_FORMAT=xml", "ADMIT_LISTEN=8080", "ADMIT_ADMIN_LISTEN=:99999"), "",
			[]string{"ADMIT_SHADOW: is \"perhaps\"", "ADMIT_LOG_LEVEL", "ADMIT_LOG_FORMAT", "ADMIT_LISTEN", "ADMIT_ADMIN_LISTEN"}},
		{"unknown provider", base("ADMIT_PROVIDERS=p100,sumsub,p100"), "", []string{`names "sumsub"`, "names p100 twice"}},
		{"no file", base("ADMIT_CONFIG=other.yaml"), "", []string{"ADMIT_CONFIG: the file cannot be read"}},
		{"no YAML", base("ADMIT_CONFIG=admit.yaml"), "policy: [", []string{"the configuration file: line 1"}},
		{"unknown keys", base("ADMIT_CONFIG=admit.yaml"), "polcy: {}\npolicy:\n  jiter: 1m\n  stall:\n    approved:\n      remnd: [1h]\n",
			[]string{"polcy (line 1): is unknown", "policy.jiter (line 3)", "policy.stall.approved.remnd (line 6)"}},
		{"wrong types", base("ADMIT_CONFIG=admit.yaml"), "policy:\n  jitter: soon\n  max_reminders: many\n  require_any: kyc\nhooks: {}\n",
			[]string{"policy.jitter (line 2): must be a duration", "policy.max_reminders (line 3)", "policy.require_any (line 4): must be a list", "policy.require_any (line 4): require_any and require_all", "hooks (line 5): must be a list"}},
		{"a policy that cannot work", base("ADMIT_CONFIG=admit.yaml"), "policy:\n  require_any: [kyb]\n  stall:\n    on_hold: {escalate: [2h, 1h]}\n",
			[]string{`policy.require_any (line 2): "kyb" is no check`, "policy.stall.on_hold.escalate (line 4)"}},
		{"hooks", base("ADMIT_CONFIG=admit.yaml"), `hooks:
  - {name: Core, url: "https://core.example", secrets_env: CORE, events: ["access.*"]}
  - {name: mail, url: "ftp://core.example", secrets_env: CORE, events: ["acces.*"]}
  - {name: crm, task_queue: crm, events: []}
`, []string{"hooks.name (line 2)", "hooks.secrets_env (line 2): the environment variable CORE is not set", "hooks.name (line 3)", `"acces.*" matches no event`, "hooks.url (line 3)", "hooks.secrets_env (line 3)", "hooks.events (line 4)", "hooks (line 4): crm: an activity"}},
		{"mail", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: smtp.example, tls: perhaps, from: nobody, username_env: SMTP_USER}\n",
			[]string{"notify.email.username_env (line 2)", "notify.email.address", "notify.email.tls", "notify.email.from"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, problems := load(c.environ, c.file)
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			ok := len(got) == len(c.want)
			for i := range min(len(got), len(c.want)) {
				ok = ok && strings.Contains(got[i], c.want[i])
			}
			if !ok {
				t.Fatalf("problems\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	s, warnings, problems := load(base("ADMIT_CONFIG=admit.yaml", "CORE_HOOK_SECRETS=whsec_a, whsec_b", "ADMIT_SMTP_USER=u", "SMTP_PASSWORD=p"), `
policy:
  require_all: [account]
  stall:
    collecting: {remind: [1s, 3s], abandon: 10s}
  jitter: 0s
  late_window: {xgateway: 1m}
hooks:
  - {name: core-banking, url: "https://core.example/hooks/admit", secrets_env: CORE_HOOK_SECRETS, events: ["access.*"]}
  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: ["onboarding.*", "check.reversed"]}
notify:
  email: {address: "smtp.example:587", from: "Example <hello@example.com>", username_env: ADMIT_SMTP_USER, password_env: SMTP_PASSWORD}
  templates: ./templates
`)
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	want := onboarding.DefaultPolicy()
	want.RequireAll, want.Jitter, want.LateWindow.XGateway = []onboarding.Check{onboarding.Account}, 0, onboarding.Duration(time.Minute)
	want.Stall.Collecting = onboarding.StageStall{Remind: []onboarding.Duration{onboarding.Duration(time.Second), onboarding.Duration(3 * time.Second)}, Abandon: onboarding.Duration(10 * time.Second)}
	if string(s.Policy.Text()) != string(want.Text()) {
		t.Errorf("policy\n  %s\nwant\n  %s", s.Policy.Text(), want.Text())
	}
	if got := fmt.Sprintf("%+v", s.Hooks); got != "[{Name:core-banking URL:https://core.example/hooks/admit Secrets:[whsec_a whsec_b] AllowPrivate:false TaskQueue: Activity: Events:[access.*]} {Name:crm URL: Secrets:[] AllowPrivate:false TaskQueue:crm Activity:OnOnboardingEvent Events:[onboarding.* check.reversed]}]" {
		t.Errorf("hooks %s", got)
	}
	if got := fmt.Sprintf("%+v", *s.Mail); got != "{Address:smtp.example:587 TLS:starttls From:Example <hello@example.com> Username:u Password:p Templates:./templates}" {
		t.Errorf("mail %s", got)
	}
	if ts := s.Targets(); len(ts) != 3 || ts[2].Name != onboarding.MailTarget {
		t.Errorf("targets %+v", ts)
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	_, warnings, _ := load(base("ADMIT_P100_TOKEN=x", "ADMIT_FROBNICATE_THE_WHOLE=x", "ADMIT_SERVICE_HOST=10.0.0.1", "ADMIT_INGRESS_SERVICE_PORT=1", "ADMIT_PORT_80_TCP=x"), "")
	want := []string{"ADMIT_FROBNICATE_THE_WHOLE is not a setting of Admit", "ADMIT_P100_TOKEN is not a setting of Admit; did you mean ADMIT_P100_TOKENS?"}
	if !slices.Equal(warnings, want) {
		t.Fatalf("warnings %q, want %q", warnings, want)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("policy: {jitter: 1m}\nhooks: [{name: a}]\nnotify: {email: {}}")
	f.Add("a: &a {b: *a}")
	f.Add("policy: {stall: {on_hold: {escalate: [1h]}}}")
	f.Fuzz(func(t *testing.T, text string) {
		config, problems := settings.ParseConfig([]byte(text), func(string) string { return "x" })
		if len(problems) == 0 && len(config.Policy.Problems()) > 0 {
			t.Fatalf("accepted a policy with problems: %v", config.Policy.Problems())
		}
	})
}
