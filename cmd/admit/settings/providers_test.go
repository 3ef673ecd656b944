package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

var (
	xgatewayAPI = []string{"ADMIT_XGATEWAY_API_URL=https://xgateway.example", "ADMIT_XGATEWAY_API_KEY=k"}
	p100API     = []string{"ADMIT_P100_API_URL=https://p100.example", "ADMIT_P100_API_KEY=k"}
)

// with returns the settings of a worker and a listener who trust no callback, with
// more, and with what the file says.
func with(t *testing.T, file string, more ...string) (settings.Settings, []settings.Problem) {
	t.Helper()
	environ := append([]string{"DATABASE_URL=postgres://admit@localhost/admit", "ADMIT_P100_TOKENS=one", "ADMIT_XGATEWAY_SECRETS=s", "ADMIT_CONFIG=admit.yaml"}, more...)
	s, warnings, problems := settings.Load(both, environ, func(string) ([]byte, error) { return []byte(file), nil })
	if len(warnings) > 0 {
		t.Errorf("warnings %v", warnings)
	}
	return s, problems
}

// TestWhatIsConfirmed holds which checks pass only when an API says so, and that a
// provider that is off is no reason to confirm less or to be told anything.
func TestWhatIsConfirmed(t *testing.T) {
	t.Parallel()
	const trust, off, sepaOnly = "ADMIT_XGATEWAY_TRUST_CALLBACKS=true", "ADMIT_PROVIDERS=p100", "ADMIT_PROVIDERS=xgateway"
	for _, c := range []struct {
		name string
		more []string
		file string
		want string // what is confirmed, or a part of the one problem
	}{
		{"the API", xgatewayAPI, "", "[sepa_kyc]"},
		{"the API and trust", append([]string{trust}, xgatewayAPI...), "", "[sepa_kyc]"},
		{"trust", []string{trust}, "", "[]"},
		{"off", []string{off}, "", "[sepa_kyc]"},
		{"off, trust is refused", []string{off, "ADMIT_XGATEWAY_TRUST_CALLBACKS=false"}, "", "[sepa_kyc]"},
		{"off, trust", []string{off, trust}, "", "[]"},
		{"off, the API", append([]string{off}, xgatewayAPI...), "", "[sepa_kyc]"},
		{"off, the file speaks of something else", []string{off}, "policy: {jitter: 1m}", "[sepa_kyc]"},
		{"off, the file still names it", append([]string{off}, p100API...), "policy: {confirm: [kyc, sepa_kyc]}", "[kyc sepa_kyc]"},
		{"off, the file says nothing is confirmed", []string{off}, "policy: {confirm: []}", "[]"},
		{"on, the file names it without the API", []string{trust}, "policy: {confirm: [sepa_kyc]}", `policy.confirm (line 1): "sepa_kyc" has no API`},
		{"p100 on, the file names kyc without the API", []string{off}, "policy: {confirm: [kyc, sepa_kyc]}", `policy.confirm (line 1): "kyc" has no API`},
		{"p100 off, the file still names kyc", append([]string{sepaOnly}, xgatewayAPI...), "policy: {confirm: [kyc, sepa_kyc]}", "[kyc sepa_kyc]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, problems := with(t, c.file, c.more...)
			got := fmt.Sprint(s.Policy.Confirm)
			if len(problems) > 0 {
				got = fmt.Sprint(problems)
			}
			if !strings.Contains(got, c.want) || len(problems) > 1 {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestXGatewayIsSwitchedOff holds that nobody comes in by a FULL_USER that was never
// confirmed because its provider is off and nobody can be asked any more, be it
// folded before or after, and that a reviewer hears of such a user.
func TestXGatewayIsSwitchedOff(t *testing.T) {
	t.Parallel()
	on, problems := with(t, "", xgatewayAPI...)
	off, more := with(t, "", "ADMIT_PROVIDERS=p100")
	if problems = append(problems, more...); len(problems) > 0 {
		t.Fatalf("problems %v", problems)
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	full := onboarding.Report{Check: onboarding.SEPAKYC, Status: "FULL_USER"}
	contradicted := onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerStatus, Asked: at, Report: onboarding.Report{Check: onboarding.SEPAKYC, Status: "KYC_PENDING"}}
	for name, c := range map[string]struct {
		inputs []onboarding.Input // while it is on
		then   onboarding.Input   // when it is off
	}{
		"before": {
			[]onboarding.Input{{Kind: onboarding.InputReport, Report: full}, {Kind: onboarding.InputAnswer, Answer: contradicted}},
			onboarding.Input{Kind: onboarding.InputPolicy},
		},
		"by a process that has it off": {nil, onboarding.Input{Kind: onboarding.InputReport, Report: full}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := onboarding.State{UserID: "user-1"}
			for _, in := range c.inputs {
				s, _, _ = onboarding.Apply(s, in, on.Policy, at)
			}
			s, _, _ = onboarding.Apply(s, c.then, off.Policy, at.Add(time.Hour))
			if s.Stage != onboarding.StageInReview || s.Access != onboarding.AccessNone {
				t.Fatalf("%s, access %s", s.Stage, s.Access)
			}
			d, _ := onboarding.Next(s, off.Policy)
			s, verdict, effects := onboarding.Apply(s, onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d}, off.Policy, d.Due)
			if d.Kind != onboarding.DeadlineEscalate || verdict.Outcome != onboarding.Applied || effects[len(effects)-1].Name != onboarding.EffectEscalated || s.Access != onboarding.AccessNone {
				t.Fatalf("%+v is %v with %+v", d, verdict, effects)
			}
		})
	}
}

// TestWithoutXGateway holds that a merchant who never had it is shown nothing of it.
func TestWithoutXGateway(t *testing.T) {
	t.Parallel()
	s, problems := with(t, "policy: {jitter: 1m}", "ADMIT_PROVIDERS=p100")
	if len(problems) > 0 {
		t.Errorf("problems %v", problems)
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	state, _, _ := onboarding.Apply(onboarding.State{UserID: "user-1"}, onboarding.Input{Kind: onboarding.InputStart}, s.Policy, at)
	for _, c := range onboarding.Explain(state, s.Policy, nil).Checks {
		if c.Check == onboarding.SEPAKYC {
			t.Errorf("%+v", c)
		}
	}
}
