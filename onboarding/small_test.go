package onboarding_test

import (
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

func TestWorkflowID(t *testing.T) {
	t.Parallel()
	at200 := strings.Repeat("u", 200-len("onboarding:"))
	for _, c := range []struct{ name, user, want string }{
		{"short", "user-1", "onboarding:user-1"},
		{"200 bytes in all", at200, "onboarding:" + at200},
		{"one more", at200 + "u", "onboarding-sha256:"},
		{"not ASCII", "jörg", "onboarding-sha256:"},
	} {
		got := onboarding.WorkflowID(c.user)
		if !strings.HasPrefix(got, c.want) || len(got) > 200 {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if onboarding.WorkflowID(at200+"u") == onboarding.WorkflowID(at200+"v") {
		t.Error("two users share a workflow")
	}
}

func TestCheckUserID(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"u", "000394", "user_123456789", "a/b", "ü", " a ", strings.Repeat("u", 255)} {
		if err := onboarding.CheckUserID(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", strings.Repeat("u", 256), "a\x00", "a\n", "\x7f", "\u0085", "\xff", "\xed\xa0\x80"} {
		if onboarding.CheckUserID(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestPolicyProblems(t *testing.T) {
	t.Parallel()
	if ps := onboarding.DefaultPolicy().Problems(); len(ps) != 0 {
		t.Fatalf("the default policy: %v", ps)
	}
	type D = onboarding.Duration
	for _, c := range []struct {
		path   string
		change func(*onboarding.Policy)
	}{
		{"require_any", func(p *onboarding.Policy) { p.RequireAny = nil }},
		{"require_any", func(p *onboarding.Policy) { p.RequireAny = []onboarding.Check{"kyb"} }},
		{"require_all", func(p *onboarding.Policy) { p.RequireAll = []onboarding.Check{"kyc", "kyc"} }},
		{"stall.collecting.remind", func(p *onboarding.Policy) { p.Stall.Collecting.Remind = []D{D(time.Millisecond)} }},
		{"stall.on_hold.escalate", func(p *onboarding.Policy) { p.Stall.OnHold.Escalate = []D{D(2 * time.Hour), D(time.Hour)} }},
		{"stall.in_review.reconcile", func(p *onboarding.Policy) { p.Stall.InReview.Reconcile = []D{D(time.Hour), D(time.Hour)} }},
		{"stall.collecting.abandon", func(p *onboarding.Policy) { p.Stall.Collecting.Abandon = -1 }},
		{"stall.suspended.abandon", func(p *onboarding.Policy) { p.Stall.Suspended.Abandon = D(720 * time.Hour) }},
		{"stall.in_review.abandon", func(p *onboarding.Policy) { p.Stall.InReview.Abandon = D(200000 * time.Hour) }},
		{"require_if_started", func(p *onboarding.Policy) { p.RequireIfStarted = []onboarding.Check{"kyc_files"} }},
		{"jitter", func(p *onboarding.Policy) { p.Jitter = D(1 << 62) }},
		{"jitter", func(p *onboarding.Policy) { p.Jitter = -1 }},
		{"late_window.p100", func(p *onboarding.Policy) { p.LateWindow.P100 = -1 }},
		{"held_window.xgateway", func(p *onboarding.Policy) { p.HeldWindow.XGateway = -1 }},
		{"agree_after", func(p *onboarding.Policy) { p.AgreeAfter = -1 }},
		{"reversals_per_hour", func(p *onboarding.Policy) { p.ReversalsPerHour = -1 }},
		{"confirm", func(p *onboarding.Policy) { p.Confirm = []onboarding.Check{onboarding.SEPAKYC} }},
		{"confirm", func(p *onboarding.Policy) {
			p.APIs, p.Confirm = []onboarding.Check{onboarding.KYC}, []onboarding.Check{onboarding.KYC, onboarding.KYC}
		}},
		{"four_eyes", func(p *onboarding.Policy) { p.FourEyes = []string{"promote"} }},
		{"four_eyes", func(p *onboarding.Policy) { p.FourEyes = []string{"lift", "lift"} }},
		{"max_reminders", func(p *onboarding.Policy) { p.MaxReminders = -1 }},
	} {
		p := onboarding.DefaultPolicy()
		c.change(&p)
		if ps := p.Problems(); len(ps) != 1 || ps[0].Path != c.path || ps[0].Message == "" {
			t.Errorf("%s: problems %v", c.path, ps)
		}
	}
}

func TestPolicyHash(t *testing.T) {
	t.Parallel()
	p, q := onboarding.DefaultPolicy(), onboarding.DefaultPolicy()
	if p.Hash() != q.Hash() || len(p.Hash()) != 16 {
		t.Fatalf("hashes %s and %s", p.Hash(), q.Hash())
	}
	q.MaxReminders++
	if p.Hash() == q.Hash() {
		t.Fatal("another policy has the same hash")
	}
}

func TestSpeech(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]onboarding.Speech{
		"NO_FACE_FOUND": onboarding.SpeechSay, "BAD_SELFIE": onboarding.SpeechSay,
		"DOC_FAKE": onboarding.SpeechNeutral, "FACE_BLACKLISTED": onboarding.SpeechNeutral, "OTHER": onboarding.SpeechNeutral, "NEVER_SEEN": onboarding.SpeechNeutral,
		onboarding.ReasonHighRiskReview: onboarding.SpeechSilent,
	} {
		if got := onboarding.SpeechOf(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	seen := map[string]bool{}
	for _, r := range onboarding.ReasonCodes() {
		if seen[r.Code] {
			t.Errorf("%s stands there twice", r.Code)
		}
		seen[r.Code] = true
	}
}
