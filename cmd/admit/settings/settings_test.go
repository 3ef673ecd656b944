package settings_test

import (
	"errors"
	"fmt"
	"reflect"
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

// TestEncryption holds that the keys are passed on as they are, to who reads them.
func TestEncryption(t *testing.T) {
	t.Parallel()
	s, warnings, problems := load(base("ADMIT_ENCRYPTION_KEYS=2:b2xk,1:bmV3", "ADMIT_CODEC_ORIGIN=http://localhost:8233"), "")
	if len(warnings)+len(problems) != 0 || s.EncryptionKeys != "2:b2xk,1:bmV3" || s.CodecOrigin != "http://localhost:8233" {
		t.Fatalf("warnings %v, problems %v, settings %+v", warnings, problems, s)
	}
}

// mistake is settings, with what is told of them.
type mistake struct {
	name    string
	environ []string
	file    string
	want    []string // a part of each problem, in order
}

var mistaken = []mistake{
	{"nothing set", nil, "", []string{"DATABASE_URL: is needed", "ADMIT_P100_TOKENS: is needed", "ADMIT_XGATEWAY_SECRETS: is needed", "ADMIT_XGATEWAY_TRUST_CALLBACKS: must be true"}},
	{"odd values", base("ADMIT_SHADOW=perhaps", "ADMIT_LOG_LEVEL=loud", "ADMIT_LOG_FORMAT=xml", "ADMIT_LISTEN=8080", "ADMIT_ADMIN_LISTEN=:99999"), "",
		[]string{"ADMIT_SHADOW: is \"perhaps\"", "ADMIT_LOG_LEVEL", "ADMIT_LOG_FORMAT", "ADMIT_LISTEN", "ADMIT_ADMIN_LISTEN"}},
	{"no origin", base("ADMIT_CODEC_ORIGIN=http://localhost:8233/"), "", []string{`ADMIT_CODEC_ORIGIN: is "http://localhost:8233/"`}},
	{"any origin", base("ADMIT_CODEC_ORIGIN=*"), "", []string{`ADMIT_CODEC_ORIGIN: is "*"`}},
	{"an origin without a host", base("ADMIT_CODEC_ORIGIN=localhost:8233"), "", []string{"ADMIT_CODEC_ORIGIN"}},
	{"an origin that no browser sends", base("ADMIT_CODEC_ORIGIN=https://Temporal.example"), "", []string{"ADMIT_CODEC_ORIGIN"}},
	{"unknown provider", base("ADMIT_PROVIDERS=p100,sumsub,p100"), "", []string{`names "sumsub"`, "names p100 twice"}},
	{"no file", base("ADMIT_CONFIG=other.yaml"), "", []string{"ADMIT_CONFIG: the file cannot be read"}},
	{"no YAML", base("ADMIT_CONFIG=admit.yaml"), "policy: [", []string{"the configuration file: line 1"}},
	{"a second document", base("ADMIT_CONFIG=admit.yaml"), "---\n# one\npolicy:\n  jiter: 1m\n---\nhooks: []\n",
		[]string{"policy.jiter (line 4): is unknown", "the configuration file (line 5): a second document begins here"}},
	{"a second document that is empty", base("ADMIT_CONFIG=admit.yaml"), "policy: {}\n---\n", []string{"the configuration file (line 2): a second document"}},
	{"a second document that is no YAML", base("ADMIT_CONFIG=admit.yaml"), "policy:\n  jiter: 1m\n---\nhooks: [\n", []string{"the configuration file: line 4", "policy.jiter (line 2): is unknown"}},
	{"no variable", base("ADMIT_CONFIG=admit.yaml"), "hooks:\n  - {name: a, url: \"https://a.example\", secrets_env: \"\", events: [\"*\"]}\n",
		[]string{"hooks.secrets_env (line 2): names no environment variable"}},
	{"a variable that is no text", base("ADMIT_CONFIG=admit.yaml"), "hooks:\n  - {name: a, url: \"https://a.example\", secrets_env: [A], events: [\"*\"]}\n",
		[]string{"hooks.secrets_env (line 2): must be text"}},
	{"unknown keys", base("ADMIT_CONFIG=admit.yaml"), "polcy: {}\npolicy:\n  jiter: 1m\n  stall:\n    approved:\n      remnd: [1h]\n",
		[]string{"polcy (line 1): is unknown", "policy.jiter (line 3)", "policy.stall.approved.remnd (line 6)"}},
	{"wrong types", base("ADMIT_CONFIG=admit.yaml"), "policy:\n  jitter: soon\n  max_reminders: many\n  require_any: kyc\nhooks: {}\n",
		[]string{"policy.jitter (line 2): must be a duration", "policy.max_reminders (line 3)", "policy.require_any (line 4): must be a list", "policy.require_any (line 4): require_any and require_all", "hooks (line 5): must be a list"}},
	{"a policy that cannot work", base("ADMIT_CONFIG=admit.yaml"), "policy:\n  require_any: [kyb]\n  stall:\n    on_hold: {escalate: [2h, 1h]}\n",
		[]string{`policy.require_any (line 2): "kyb" is no check; the checks are kyc, kyc_files`, "policy.stall.on_hold.escalate (line 4)"}},
	{"asks nobody", base("ADMIT_P100_API_URL=https://p100.example", "ADMIT_XGATEWAY_API_KEY=k"), "",
		[]string{"ADMIT_P100_API_KEY: is needed beside ADMIT_P100_API_URL", "ADMIT_XGATEWAY_API_URL: is needed beside ADMIT_XGATEWAY_API_KEY"}},
	{"asks in the clear", base("ADMIT_P100_API_URL=http://p100.example", "ADMIT_P100_API_KEY=k", "ADMIT_XGATEWAY_API_URL=http://127.0.0.1:1", "ADMIT_XGATEWAY_API_KEY=k"), "",
		[]string{"ADMIT_P100_API_URL: must begin with https://"}},
	{"people and APIs in the policy", base("ADMIT_CONFIG=admit.yaml", "ADMIT_P100_API_URL=https://p100.example", "ADMIT_P100_API_KEY=k"),
		"policy:\n  confirm: [kyc, sepa_kyc]\n  agree_after: -1s\n  four_eyes: [lift, lifft]\n  reversals_per_hour: -1\n  apis: [kyc]\n",
		[]string{`policy.confirm (line 2): "sepa_kyc" has no API`, "policy.agree_after (line 3)", `policy.four_eyes (line 4): "lifft" is no command`, "policy.reversals_per_hour (line 5)", "policy.apis (line 6): is unknown"}},
}

// TestProblems holds that each mistake is named, and that none hides another.
func TestProblems(t *testing.T) {
	t.Parallel()
	holdMistakes(t, mistaken)
}

func holdMistakes(t *testing.T, cases []mistake) {
	t.Helper()
	for _, c := range cases {
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

// TestOneDocument holds that the marks of YAML's documents alone make no second one.
func TestOneDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "%YAML 1.1\n---\npolicy: {settle: 1s}\n...\n", "policy: {settle: 1s}\n...\n# the end\n"} {
		c, problems := settings.ParseConfig([]byte(text), func(string) string { return "" })
		if len(problems) > 0 || strings.Contains(text, "settle") && c.Policy.Settle.D() != time.Second {
			t.Errorf("%q: problems %v, settle %s", text, problems, c.Policy.Settle.D())
		}
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
	hooks := []settings.Hook{
		{Name: "core-banking", URL: "https://core.example/hooks/admit", Secrets: []string{"whsec_a", "whsec_b"}, Events: []string{"access.*"}},
		{Name: "crm", TaskQueue: "crm", Activity: "OnOnboardingEvent", Events: []string{"onboarding.*", "check.reversed"}},
	}
	if !reflect.DeepEqual(s.Hooks, hooks) {
		t.Errorf("hooks %+v", s.Hooks)
	}
	mail := settings.Mail{Address: "smtp.example:587", TLS: "starttls", From: "Example <hello@example.com>", Username: "u", Password: "p"}
	if *s.Mail != mail || !reflect.DeepEqual(*s.Voice, settings.Voice{Templates: "./templates"}) {
		t.Errorf("mail %+v, voice %+v", *s.Mail, *s.Voice)
	}
	if ts := s.Targets(); len(ts) != 3 || ts[2].Name != onboarding.MailTarget {
		t.Errorf("targets %+v", ts)
	}
}

// TestWhoBelievesXGateway holds that no worker believes a callback of XGateway's by
// itself unless the merchant accepts it, and that a listener, which believes
// nothing, is not asked.
func TestWhoBelievesXGateway(t *testing.T) {
	t.Parallel()
	const trust, api = "ADMIT_XGATEWAY_TRUST_CALLBACKS=true", "ADMIT_XGATEWAY_API_URL=https://xgateway.example"
	const unconfirmed = "policy:\n  confirm: []\n"
	for _, c := range []struct {
		name  string
		role  settings.Role
		extra []string
		file  string
		want  string // the one problem, "" for none
	}{
		{"neither", both, nil, "", "ADMIT_XGATEWAY_TRUST_CALLBACKS: must be true"},
		{"a worker with neither", settings.Role{Worker: true}, nil, "", "ADMIT_XGATEWAY_TRUST_CALLBACKS: must be true"},
		{"a listener with neither", settings.Role{Ingress: true}, nil, "", ""},
		{"the API", both, []string{api, "ADMIT_XGATEWAY_API_KEY=k"}, "", ""},
		{"the API confirms nothing", both, []string{api, "ADMIT_XGATEWAY_API_KEY=k"}, unconfirmed, "policy.confirm: leaves out sepa_kyc"},
		{"the API confirms nothing, accepted", both, []string{api, "ADMIT_XGATEWAY_API_KEY=k", trust}, unconfirmed, ""},
		{"no key", both, []string{api}, "", "ADMIT_XGATEWAY_API_KEY: is needed"},
		{"XGateway is off", both, []string{"ADMIT_PROVIDERS=p100"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			environ := append([]string{"DATABASE_URL=postgres://admit@localhost/admit", "ADMIT_P100_TOKENS=one", "ADMIT_XGATEWAY_SECRETS=s", "ADMIT_CONFIG=admit.yaml"}, c.extra...)
			_, _, problems := settings.Load(c.role, environ, func(string) ([]byte, error) { return []byte(c.file), nil })
			if len(problems) > 1 || (c.want == "") != (len(problems) == 0) || c.want != "" && !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("problems %v, want %q", problems, c.want)
			}
		})
	}
}

// TestAPIs holds what follows from the settings of the providers' APIs, with a file
// and without one, and as admit config check reads it.
func TestAPIs(t *testing.T) {
	t.Parallel()
	apis := []string{"ADMIT_P100_API_URL=https://p100.example", "ADMIT_P100_API_KEY=k1", "ADMIT_XGATEWAY_API_URL=https://xgateway.example", "ADMIT_XGATEWAY_API_KEY=k2"}
	without, _, _ := load(base(apis...), "")
	with, warnings, problems := load(base(append(apis, "ADMIT_CONFIG=admit.yaml")...), "policy: {four_eyes: [erase], reversals_per_hour: 20, agree_after: 1m}")
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	for _, s := range []settings.Settings{without, with} {
		if fmt.Sprint(s.Policy.APIs, s.Policy.Confirm) != "[kyc sepa_kyc] [sepa_kyc]" || *s.P100API != (settings.API{URL: "https://p100.example", Key: "k1"}) || s.XGatewayAPI.Key != "k2" {
			t.Errorf("%v, confirm %v, %+v, %+v", s.Policy.APIs, s.Policy.Confirm, s.P100API, s.XGatewayAPI)
		}
		if ts := s.Targets(); len(ts) != 2 || ts[0].Name != onboarding.P100Target || ts[1].Name != onboarding.XGatewayTarget {
			t.Errorf("targets %+v", ts)
		}
	}
	if p := with.Policy; fmt.Sprint(p.FourEyes, p.ReversalsPerHour, p.AgreeAfter.D()) != "[erase] 20 1m0s" {
		t.Errorf("policy %s", p.Text())
	}
	if len(onboarding.DefaultPolicy().APIs) != 0 {
		t.Error("the built-in policy has changed")
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
