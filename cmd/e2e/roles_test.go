package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRolesApart runs an ingress and two workers as processes of their own, each
// with a dispatcher, and holds that together they do what serve does, no effect
// twice.
func TestRolesApart(t *testing.T) {
	t.Parallel()
	const users = 30
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	first := s.spawn("worker")
	s.ready(first)
	second := s.spawn("worker", "ADMIT_ADMIN_LISTEN="+freeAddress(t))
	ingress := s.spawn("ingress", "ADMIT_ADMIN_LISTEN="+freeAddress(t))
	s.listens()
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", ""))
		s.accepted(pathKYC, kyc(s.user(i), "NOT_VERIFIED", ""))
	}
	s.settled()
	for i := range users {
		v, err := s.see(s.user(i))
		if err != nil || v.Stage != "suspended" || v.Access != "revoked" || v.Version != 2 {
			t.Errorf("%+v, %v", v, err)
		}
		if n := len(k.of(s.user(i), "access.revoked")); n != 1 {
			t.Errorf("%s was revoked %d times", s.user(i), n)
		}
	}
	if again := k.twice(); len(again) > 0 {
		t.Errorf("delivered twice: %v", again)
	}
	for _, p := range []*child{ingress, second, first} {
		if code := p.stop(t); code != 0 {
			t.Errorf("%s ended with exit code %d", p.name, code)
		}
	}
}

// TestGracefulStop stops a process with SIGTERM in the middle of webhooks and
// starts it again: it ends with exit code 0 and nothing that was answered is
// lost.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: noJitter + "hooks:\n" + k.hook(`"check.changed"`)})
	p := s.serve()
	l := &load{s: s, senders: 8, users: 40, each: 10, insist: time.Minute}
	done := make(chan error, 1)
	go func() { done <- l.run() }()
	eventually(t, "the webhooks come in", func() error {
		if n := l.answered.Load(); n < 150 {
			return errFew{n, 150}
		}
		return nil
	})
	stopping := time.Now()
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("stopped in %v", time.Since(stopping).Round(time.Millisecond))
	s.serve()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.settled()
	l.verify(t)
	if again := k.twice(); len(again) > 0 {
		t.Errorf("delivered twice: %v", again)
	}
}

// TestMistakesInSettings holds that a process with mistakes in its settings
// names all of them at once, does not start, and shows no secret.
func TestMistakesInSettings(t *testing.T) {
	t.Parallel()
	broken := "polcy: {}\npolicy: {jitter: soon}\nhooks:\n  - {name: core, url: \"https://core.example/\", secrets_env: NOT_THERE, events: [\"*\"]}\n"
	weak := "hooks:\n  - {name: core, url: \"https://core.example/\", secrets_env: WEAK, events: [\"*\"]}\n" +
		"  - {name: crm, url: \"https://crm.example/\", secrets_env: WEAK, events: [\"*\"]}\n"
	for _, c := range []struct {
		name, config string
		env, says    []string
	}{
		{"nothing is set", "", nil, []string{"DATABASE_URL: is needed", "ADMIT_P100_TOKENS", "ADMIT_XGATEWAY_SECRETS"}},
		{"a name mistyped", "", []string{"DATABASE_URL=postgres://h/d", "ADMIT_PROVIDERS=p100", "ADMIT_P100_TOKEN=x"},
			[]string{"ADMIT_P100_TOKENS: is needed", "did you mean ADMIT_P100_TOKENS?", "1 mistake in"}},
		{"of each kind", broken, []string{"ADMIT_PROVIDERS=p100,carrier-pigeon", "ADMIT_LISTEN=nowhere", "ADMIT_SHADOW=perhaps", "ADMIT_ADMIN_TOKENS=alice:operate:hunter2"},
			[]string{"DATABASE_URL", "ADMIT_P100_TOKENS", "carrier-pigeon", "ADMIT_LISTEN", "ADMIT_SHADOW", "ADMIT_ADMIN_TOKENS: token 1",
				"polcy (line 1)", "policy.jitter (line 2)", "hooks.secrets_env (line 4)"}},
		{"that the packages tell", weak, []string{"DATABASE_URL=postgres://a:hunter2%zz@h/d", "ADMIT_PROVIDERS=p100", "ADMIT_P100_TOKENS=x",
			"ADMIT_ADMIN_TOKENS=alice:operate:hunter2,bob", "TEMPORAL_TLS_CLIENT_CERT_PATH=/none", "TEMPORAL_TLS_CLIENT_KEY_PATH=/none", "WEAK=whsec_aHVudGVyMg=="},
			[]string{"DATABASE_URL", "ADMIT_ADMIN_TOKENS: token 1", "ADMIT_ADMIN_TOKENS: token 2", "TEMPORAL_", "core", "crm"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := filepath.Join(t.TempDir(), "admit.yaml")
			if err := os.WriteFile(config, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, errs := runOnce(t, world.admit, append(c.env, "ADMIT_CONFIG="+config), "serve")
			if code != 2 {
				t.Errorf("exit code %d", code)
			}
			for _, name := range c.says {
				if !strings.Contains(errs, name) {
					t.Errorf("it does not name %s in\n%s", name, errs)
				}
			}
			if strings.Contains(errs, "hunter2") {
				t.Errorf("it shows a secret:\n%s", errs)
			}
		})
	}
}
