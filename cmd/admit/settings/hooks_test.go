package settings_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

var mistakenHooks = []mistake{
	{"hooks", base("ADMIT_CONFIG=admit.yaml"), `hooks:
  - {name: Core, url: "https://core.example", secrets_env: CORE, events: ["access.*"]}
  - {name: mail, url: "ftp://core.example", secrets_env: CORE, events: ["acces.*"]}
  - {name: crm, task_queue: crm, events: []}
`, []string{"hooks.name (line 2)", "hooks.secrets_env (line 2): the environment variable CORE is not set", "hooks.name (line 3)", `"acces.*" matches no event`, "hooks.url (line 3)", "hooks.secrets_env (line 3)", "hooks.events (line 4)", "hooks (line 4): crm: an activity"}},
	{"reserved names", base("ADMIT_CONFIG=admit.yaml", "S=x"), `hooks:
  - {name: reviewers, url: "https://core.example", secrets_env: S, events: ["*"]}
  - {name: p100-api, url: "https://core.example", secrets_env: S, events: ["*"]}
  - {name: xgateway-api, url: "https://core.example", secrets_env: S, events: ["*"]}
`, []string{`hooks.name (line 2): "reviewers" is a name of Admit's own`, `"p100-api" is`, `"xgateway-api" is`}},
	{"hooks inside", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), `hooks:
  - {name: a, url: "http://localhost/x", secrets_env: S, events: ["*"]}
  - {name: b, url: "http://10.0.0.1:80/x", secrets_env: S, events: ["*"]}
  - {name: c, url: "http://[::ffff:127.0.0.1]/x", secrets_env: S, events: ["*"]}
`, []string{"hooks.url (line 2): a: it leads to this machine", "hooks.url (line 3): b: it leads", "hooks.url (line 4): c: it leads"}},
	{"limits", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), `hooks:
  - name: a
    url: https://a.example
    secrets_env: S
    events: ["*"]
    max_in_flight: 0
    max_per_second: -1
    failing_after: 1ms
    fields: most
  - name: b
    url: https://b.example
    secrets_env: S
    events: ["*"]
    max_in_flight: 1001
    max_per_second: NaN
    failing_after: soon
    fields: [full]
`, []string{"hooks.max_in_flight (line 6): must be a whole number from 1 to 250", "hooks.max_per_second (line 7): must be a number from 0.001", "hooks.failing_after (line 8): is 1ms; it must be from 1s", `hooks.fields (line 9): is "most"`,
		"hooks.max_in_flight (line 14)", "hooks.max_per_second (line 15)", "hooks.failing_after (line 16): must be a duration", "hooks.fields (line 17): must be text", "hooks.fields (line 17)"}},
	{"retries", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), `hooks:
  - {name: a, url: "https://a.example", secrets_env: S, events: ["*"], retry: {first: 9ms, max: 1ms, give_up: 999ms, refusals: 0}}
  - {name: b, url: "https://b.example", secrets_env: S, events: ["*"], retry: {first: 2s, max: 1s}}
  - {name: c, url: "https://c.example", secrets_env: S, events: ["*"], retry: {max: 500ms}}
  - {name: d, url: "https://d.example", secrets_env: S, events: ["*"], retry: {often: true}}
  - {name: e, url: "https://e.example", secrets_env: S, events: ["*"], retry: 5}
`, []string{"hooks.retry.first (line 2): is 9ms; it must be from 10ms", "hooks.retry.max (line 2)", "hooks.retry.give_up (line 2): is 999ms; it must be from 1s", "hooks.retry.refusals (line 2): must be",
		"hooks.retry.max (line 3): is 1s, less than first, which is 2s", "hooks.retry.max (line 4): is 500ms, less than first, which is 1s", "hooks.retry.often (line 5): is unknown", "hooks.retry (line 6): must be a mapping"}},
	{"certificates", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), `hooks:
  - {name: a, url: "https://a.example", secrets_env: S, events: ["*"], tls: {cert: no/cert.pem, ca: /}}
  - {name: b, url: "http://b.example", secrets_env: S, events: ["*"], tls: {}}
  - {name: c, url: "https://c.example", secrets_env: S, events: ["*"], tls: {key: no/key.pem}}
`, []string{"hooks.tls.cert (line 2): the file cannot be read", "hooks.tls.ca (line 2): / is a folder", "hooks.tls (line 2): cert and key go together", "hooks.url (line 3): b: what is told of users would travel in the clear", "hooks.tls (line 3): b: the url begins with http://",
		"hooks.tls.key (line 4): the file cannot be read", "hooks.tls (line 4): cert and key go together"}},
	{"a task queue is told less", base("ADMIT_CONFIG=admit.yaml"), `hooks:
  - name: crm
    task_queue: crm
    activity: OnOnboardingEvent
    events: ["onboarding.*", "notify.*", "notify.approved", "n*"]
    fields: full
    max_in_flight: 4
    max_per_second: 5
    tls: {}
    url: https://crm.example
`, []string{`hooks.events (line 5): "notify.*": what is written to a user holds personal data, which must not reach Temporal`, `"notify.approved": what`, `"n*" matches no event`,
		"hooks.fields (line 6): goes with an HTTP hook, not with a task_queue: the providers' words", "hooks.max_in_flight (line 7)", "hooks.max_per_second (line 8)", "hooks.tls (line 9)", "hooks.url (line 10)"}},
	{"no secret", base("ADMIT_CONFIG=admit.yaml", "S=, ,"), "hooks:\n  - {name: a, url: \"https://a.example\", secrets_env: S, events: [\"*\"]}\n",
		[]string{"hooks.secrets_env (line 2): the environment variable S holds no secret"}},
}

func TestMistakenHooks(t *testing.T) {
	t.Parallel()
	holdMistakes(t, mistakenHooks)
}

// TestHooks holds how everything that a hook can say is read, and what of it the
// ledger is told.
func TestHooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"cert.pem", "key.pem", "ca.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, warnings, problems := load(base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), `hooks:
  - name: push
    url: https://push.example
    secrets_env: S
    events: ["notify.*"]
    fields: full
    max_in_flight: 4
    max_per_second: 0.5
    failing_after: 90s
    retry: {first: 10ms, max: 2s, give_up: 1h, refusals: 3}
    tls: {cert: `+filepath.Join(dir, "cert.pem")+", key: "+filepath.Join(dir, "key.pem")+", ca: "+filepath.Join(dir, "ca.pem")+`}
  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: ["*"], failing_after: 1s, retry: {first: 2s}}
`)
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	retry := onboarding.Retry{First: 10 * time.Millisecond, Max: 2 * time.Second, GiveUp: time.Hour, Refusals: 3}
	push := settings.Hook{
		Name: "push", URL: "https://push.example", Secrets: []string{"whsec_x"}, Events: []string{"notify.*"}, Full: true, MaxInFlight: 4, MaxPerSecond: 0.5,
		FailingAfter: 90 * time.Second, Retry: retry,
		TLS: settings.TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")},
	}
	if !reflect.DeepEqual(s.Hooks[0], push) {
		t.Errorf("hook %+v", s.Hooks[0])
	}
	want := []onboarding.Target{
		{Name: "push", Events: []string{"notify.*"}, Full: true, Retry: retry, FailingAfter: 90 * time.Second},
		{Name: "crm", Events: []string{"*"}, TaskQueue: "crm", Activity: "OnOnboardingEvent", Retry: onboarding.Retry{First: 2 * time.Second}, FailingAfter: time.Second},
	}
	if got := s.Targets(); !reflect.DeepEqual(got, want) {
		t.Errorf("targets %+v", got)
	}
	if !s.Hooks[0].Speaks() || s.Hooks[1].Speaks() || s.Voice == nil || s.Mail != nil {
		t.Errorf("speaks %v and %v, voice %v, mail %v", s.Hooks[0].Speaks(), s.Hooks[1].Speaks(), s.Voice, s.Mail)
	}
}
