package e2e_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAlertsHaveMetrics holds that every metric which the alerts name exists in
// a process that has seen one webhook, and the mail about the approval given up.
func TestAlertsHaveMetrics(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	k := newSink(t)
	s := newSystem(t, options{config: k.config() + "  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: [hook.failing]}\n" +
		fmt.Sprintf("notify:\n  email: {address: %q, tls: none, from: \"Example <hello@example.com>\"}\n", os.Getenv("DEVSTACK_SMTP_ADDRESS"))})
	s.serve()
	s.accepted(pathKYC, kyc(s.user(1), "VERIFIED", ""))
	s.settled()
	if _, err := s.pool.Exec(t.Context(), "update effects set state = 'parked', last_answer = '550' where name = 'notify.approved'"); err != nil {
		t.Fatal(err)
	}
	status, text, err := s.get("http://"+s.admin+"/metrics", "")
	if err != nil || status != 200 {
		t.Fatalf("metrics: %d, %v", status, err)
	}
	var exist []string
	for line := range strings.Lines(text) {
		if name := regexp.MustCompile(`^admit_[a-z_]+`).FindString(line); name != "" && !slices.Contains(exist, name) {
			exist = append(exist, name)
		}
	}
	named := regexp.MustCompile(`admit_[a-z_]+`).FindAllString(string(rules), -1)
	if len(named) < 10 {
		t.Fatalf("the alerts name %v", named)
	}
	slices.Sort(named)
	for _, name := range slices.Compact(named) {
		if !slices.ContainsFunc(exist, func(e string) bool {
			return e == name || slices.Contains([]string{name + "_bucket", name + "_sum", name + "_count"}, e)
		}) {
			t.Errorf("%s exists in no process", name)
		}
	}
	t.Logf("%d metrics exist, the alerts name %d", len(exist), len(slices.Compact(named)))
	for _, secret := range []string{s.user(1), p100Token, operatorToken} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics show %q", secret)
		}
	}
}
