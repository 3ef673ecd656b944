package settings_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

// resumeSecret is as long as a secret of the links by which users go on must be.
const resumeSecret = "0123456789abcdef0123456789abcdef"

var mistakenNotify = []mistake{
	{"reviewers", base("ADMIT_CONFIG=admit.yaml"), `notify:
  email: {address: "smtp.example:587", from: "hello@example.com"}
  review_url: /users/{userId}
  reviewers:
    to: [reviewer-1, "Reviewer <reviewer-2@example.com>"]
    digest: "8 am"
    time_zone: Berlin
    often: true
`, []string{"notify.review_url (line 3)", `notify.reviewers.to (line 5): holds "reviewer-1"`, `notify.reviewers.to (line 5): holds "Reviewer`, "notify.reviewers.digest (line 6)", "notify.reviewers.time_zone (line 7)", "notify.reviewers.often (line 8): is unknown"}},
	{"nobody reviews", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  reviewers: {digest: \"08:00\"}\n",
		[]string{"notify.reviewers.to (line 3): names nobody"}},
	{"a place without reviewers", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  review_url: https://admin.example/{userId}\n",
		[]string{"notify.review_url (line 3): is for the mails to reviewers"}},
	{"reviewers without mail", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  reviewers: {to: [reviewer-1@example.com]}\n", []string{"notify.email (line 2): is needed"}},
	{"mail", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: smtp.example, tls: perhaps, from: nobody, username_env: SMTP_USER}\n",
		[]string{"notify.email.username_env (line 2)", "notify.email.address", "notify.email.tls", "notify.email.from", "notify.email (line 2): username_env and password_env go together"}},
	{"retries of mail", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\", retry: {first: 2h, refusals: 2000}}\n",
		[]string{"notify.email.retry.refusals (line 2)"}},
	{"hours and links", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret+",short"), `notify:
  email: {address: "smtp.example:587", from: "hello@example.com"}
  quiet_hours: "22:00-22:00"
  time_zone: Local
  resume_url: "https://app.example/{stage}/{user}?t={token}"
  resume_secrets_env: R
  resume_expires: 1s
`, []string{`notify.quiet_hours (line 3): is "22:00-22:00"`, "notify.time_zone (line 4)", "notify.resume_url (line 5): holds a blank, a quote or another place", "notify.resume_secrets_env (line 6): secret 2 of the variable has 5 bytes", "notify.resume_expires (line 7): is 1s"}},
	{"half a link", base("ADMIT_CONFIG=admit.yaml"), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  quiet_hours: 22-7\n  resume_url: https://app.example/{stage}\n",
		[]string{`notify.quiet_hours (line 3): is "22-7"`, "notify.resume_url (line 4): lacks {token}", "notify.resume_secrets_env (line 4): is needed beside resume_url"}},
	{"a relative link", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_url: /go?t={token}\n  resume_secrets_env: R\n",
		[]string{"notify.resume_url (line 3): must be an https URL"}},
	{"a link in the clear", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_url: http://app.example/?t={token}\n  resume_secrets_env: R\n",
		[]string{"notify.resume_url (line 3): must begin with https://"}},
	{"a link to anywhere", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_url: https://{stage}.example/?t={token}\n  resume_secrets_env: R\n",
		[]string{"notify.resume_url (line 3): has {stage} or {token} in its host"}},
	{"a link that has no end of its host", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_url: https://app.example{stage}/?t={token}\n  resume_secrets_env: R\n",
		[]string{"notify.resume_url (line 3): has {stage} or {token} in its host"}},
	{"no link", base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret), "notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_secrets_env: R\n  resume_expires: 1h\n",
		[]string{"notify.resume_secrets_env (line 3): is for the links", "notify.resume_expires (line 4): is for the links"}},
	{"nobody writes", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), "hooks:\n  - {name: a, url: \"https://a.example\", secrets_env: S, events: [\"*\"]}\nnotify:\n  quiet_hours: \"22:00-07:00\"\n",
		[]string{"notify.email (line 4): is needed"}},
	{"reviewers by a hook", base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"), "hooks:\n  - {name: a, url: \"https://a.example\", secrets_env: S, events: [\"notify.*\"]}\nnotify:\n  reviewers: {to: [review@example.com]}\n",
		[]string{"notify.email (line 4): is needed"}},
}

func TestMistakenNotify(t *testing.T) {
	t.Parallel()
	holdMistakes(t, mistakenNotify)
}

// TestNotify holds how everything about what is said to users is read.
func TestNotify(t *testing.T) {
	t.Parallel()
	s, warnings, problems := load(base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret+" "+resumeSecret+"2"), `policy: {settle: 2s, free_text: [kyc, poa]}
notify:
  email: {address: "smtp.example:587", from: "hello@example.com", retry: {first: 1s, max: 10m}}
  templates: ./templates
  quiet_hours: "22:00-07:00"
  time_zone: Europe/Berlin
  resume_url: "https://app.example/{stage}?t={token}"
  resume_secrets_env: R
  resume_expires: 48h
  reviewers: {to: [review@example.com]}
`)
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	voice := settings.Voice{
		Templates: "./templates", QuietHours: "22:00-07:00", TimeZone: "Europe/Berlin", ResumeURL: "https://app.example/{stage}?t={token}",
		ResumeSecrets: []string{resumeSecret, resumeSecret + "2"}, ResumeExpires: 48 * time.Hour,
	}
	if !reflect.DeepEqual(*s.Voice, voice) {
		t.Errorf("voice %+v", *s.Voice)
	}
	retry := onboarding.Retry{First: time.Second, Max: 10 * time.Minute}
	want := []onboarding.Target{{Name: onboarding.MailTarget, Retry: retry}, {Name: onboarding.ReviewersTarget, Retry: retry}}
	if got := s.Targets(); !reflect.DeepEqual(got, want) {
		t.Errorf("targets %+v", got)
	}
	if p := s.Policy; p.Settle.D() != 2*time.Second || fmt.Sprint(p.FreeText) != "[kyc poa]" {
		t.Errorf("settle %s, free text %v", p.Settle.D(), p.FreeText)
	}
}

// TestResumeWithoutAPath holds that a link needs no path before its token.
func TestResumeWithoutAPath(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://app.example?t={token}", "https://app.example/#{token}", "http://[::1]:8090?s={stage}&t={token}"} {
		s, _, problems := load(base("ADMIT_CONFIG=admit.yaml", "R="+resumeSecret),
			"notify:\n  email: {address: \"smtp.example:587\", from: \"hello@example.com\"}\n  resume_url: \""+link+"\"\n  resume_secrets_env: R\n")
		if len(problems) != 0 || s.Voice == nil || s.Voice.ResumeURL != link {
			t.Errorf("%s: problems %v", link, problems)
		}
	}
}

// TestNotifyByAHookAlone holds that nobody needs a mail server who has a channel of
// their own.
func TestNotifyByAHookAlone(t *testing.T) {
	t.Parallel()
	s, _, problems := load(base("ADMIT_CONFIG=admit.yaml", "S=whsec_x"),
		"hooks:\n  - {name: push, url: \"https://push.example\", secrets_env: S, events: [\"notify.approved\"]}\nnotify: {quiet_hours: \"22:00-07:00\"}\n")
	if len(problems) != 0 || s.Mail != nil || s.Voice == nil || s.Voice.QuietHours != "22:00-07:00" || len(s.Targets()) != 1 {
		t.Errorf("problems %v, mail %v, voice %+v", problems, s.Mail, s.Voice)
	}
}

// TestReviewers holds how reviewers are read.
func TestReviewers(t *testing.T) {
	t.Parallel()
	s, warnings, problems := load(base("ADMIT_CONFIG=admit.yaml"), `notify:
  email: {address: "smtp.example:587", from: "hello@example.com"}
  reviewers: {to: [reviewer-1@example.com, reviewer-2@example.com], digest: "08:00", time_zone: Europe/Berlin, language: de}
  review_url: "https://admin.example/users/{userId}"
`)
	if len(warnings)+len(problems) != 0 {
		t.Fatalf("warnings %v, problems %v", warnings, problems)
	}
	if got := fmt.Sprintf("%+v", *s.Reviewers); got != "{To:[reviewer-1@example.com reviewer-2@example.com] Language:de TimeZone:Europe/Berlin Digest:08:00 ReviewURL:https://admin.example/users/{userId}}" {
		t.Errorf("reviewers %s", got)
	}
	if ts := s.Targets(); len(ts) != 2 || ts[1].Name != onboarding.ReviewersTarget {
		t.Errorf("targets %+v", ts)
	}
}
