package activities_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

const reviewDir = "testdata/reviews"

// escalated is what a review is told of.
func escalated(user string, stage onboarding.Stage, causes ...string) onboarding.Payload {
	return onboarding.Payload{Type: onboarding.EffectEscalated, Timestamp: decided, Data: onboarding.PayloadData{
		UserID: user, Stage: stage, BlockedOn: onboarding.Compliance, Access: onboarding.AccessRevoked, AccessVersion: 2, Version: 9,
		Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired, POA: onboarding.StatusPassed}, Causes: causes,
	}}
}

func entries(t testing.TB, payloads ...onboarding.Payload) []onboarding.DigestEntry {
	t.Helper()
	list := make([]onboarding.DigestEntry, len(payloads))
	for i, p := range payloads {
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = onboarding.DigestEntry{EffectID: int64(i + 7), UserID: p.Data.UserID, Payload: body, Created: decided}
	}
	return list
}

// causes are those that the rules tell reviewers of, with what a reviewer must
// read there.
var causes = []struct {
	code, say, command string
}{
	{"reversed:kyc", "Identity check (kyc): it had passed, and has not any more.", "admit providers explain user-1"},
	{"suspended:high_risk", "High-risk review (high_risk): an approved user", "clear_high_risk"},
	{"stalled:in_review", `while the stage is "in review"`, "admit providers explain user-1"},
	{"stalled:collecting", "every reminder", "close"},
	{"stalled:action_required", "every reminder", "close"},
	{"stalled:high_risk_review", "has been open for long", "clear_high_risk"},
	{"stalled:suspended", `while the stage is "suspended"`, "admit providers explain user-1"},
	{"stalled:on_hold", "on hold for long", "lift"},
	{"held_report:kyc", "a pass was reported that may be older", "override_check --check kyc --status passed"},
	{"late_report:poa", "shortly after the check had passed", "override_check --check poa --status in_review"},
	{"unrecognised:sepa_kyc", "does not know", "admit events list"},
	{"undecodable", "cannot be read", "admit events list"},
	{"report_while_on_hold", "on hold", "lift"},
	{"report_while_closed", "closed", "reopen"},
	{"contradicts_override:kyc", "The override stands", "lift_override --check kyc"},
	{"override_ended:kyc", "has run out", "override_check --check kyc"},
	{"unanswered:kyc:P412", "does not know the user (P412)", "reconcile"},
	{"unanswered:kyc:P445", "no such check of the user (P445)", "reconcile"},
	{"unanswered:sepa_kyc:null_status", "does not know the user (null_status)", "reconcile"},
	{"unanswered:kyc:http_404", "of no use (http_404)", "reconcile"},
	{"api_contradicts:kyc:failed_stays_failed", "An answer alone lets nobody in", "override_check"},
	{"api_contradicts:kyc:verified_otherwise", "verified in another way", "override_check"},
	{"api_contradicts:kyc:something_new", "otherwise than its webhook (something_new)", "override_check"},
	{"something_new:kyc:P1", "something_new:kyc:P1", ""},
}

// TestCauses holds that each cause is told in words, in both languages, with the
// command that comes next, and that an unknown one is shown as it is.
func TestCauses(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	for _, c := range causes {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			_, english, err := texts.RenderReview("review", "en", "", escalated("user-1", onboarding.StageSuspended, c.code))
			if err != nil || !strings.Contains(english, c.say) || !strings.Contains(english, c.command) {
				t.Errorf("%v: want %q and %q in\n%s", err, c.say, c.command, english)
			}
			_, german, err := texts.RenderReview("review", "de", "", escalated("user-1", onboarding.StageSuspended, c.code))
			if err != nil || !strings.Contains(german, c.command) || c.say != c.code && strings.Contains(german, c.say) {
				t.Errorf("in German, %v: want %q in\n%s", err, c.command, german)
			}
			for _, text := range []string{english, german} {
				if strings.ContainsAny(text, "{}") || c.say != c.code && strings.Contains(text, c.code) {
					t.Errorf("a place or a code is left in\n%s", text)
				}
			}
		})
	}
}

// TestNextCommandsExist holds that reviewers are told of no command that is not
// there.
func TestNextCommandsExist(t *testing.T) {
	t.Parallel()
	for cause, commands := range activities.NextCommands {
		for _, command := range commands {
			words := strings.Fields(command)
			if words[1] == "command" && !slices.Contains(onboarding.Commands[:], words[3]) {
				t.Errorf("%s: %q", cause, command)
			}
		}
	}
}

// reviews are the mails to reviewers whose whole text is kept, in each built-in
// language.
func reviews(t *testing.T) map[string]func(texts *activities.Templates, lang string) (subject, text string, err error) {
	const where = "https://admin.example.com/users/{userId}"
	surge := onboarding.Payload{Type: onboarding.EffectSurge, Timestamp: decided, Data: onboarding.PayloadData{UserID: "user-9", Number: 21, Limit: 20}}
	one := func(name string, p onboarding.Payload) func(*activities.Templates, string) (string, string, error) {
		return func(texts *activities.Templates, lang string) (string, string, error) {
			return texts.RenderReview(name, lang, where, p)
		}
	}
	many := []onboarding.Payload{
		escalated("user-1", onboarding.StageSuspended, "reversed:kyc"),
		escalated("user-2", onboarding.StageOnHold, "stalled:on_hold", "something_new"),
		escalated("user-1", onboarding.StageSuspended, "reversed:kyc"), // twice: told once
		escalated("user-3", onboarding.StageSuspended, "reversed:kyc"),
	}
	return map[string]func(*activities.Templates, string) (string, string, error){
		"review":        one("review", escalated("user-1", onboarding.StageSuspended, "reversed:kyc", "unanswered:kyc:P412")),
		"review-odd-id": one("review", escalated("o'neill & sons/7", onboarding.StageInReview, "something_new:kyc")),
		"surge":         one("surge", surge),
		"digest": func(texts *activities.Templates, lang string) (string, string, error) {
			return texts.RenderDigest(lang, "", decided, entries(t, many...), 300)
		},
		"digest-one": func(texts *activities.Templates, lang string) (string, string, error) {
			return texts.RenderDigest(lang, where, decided, entries(t, many[0]), 300)
		},
		"digest-cut": func(texts *activities.Templates, lang string) (string, string, error) {
			return texts.RenderDigest(lang, "", decided, entries(t, many...), 2)
		},
	}
}

// TestReviewGolden holds the words of every mail to reviewers. Rewrite with
// -update.
func TestReviewGolden(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	fresh := map[string]bool{}
	for name, render := range reviews(t) {
		for _, lang := range []string{"en", "de"} {
			subject, text, err := render(texts, lang)
			if err != nil {
				t.Fatalf("%s/%s: %v", lang, name, err)
			}
			path := filepath.Join(reviewDir, lang, name+".txt")
			fresh[path] = true
			isGolden(t, path, "Subject: "+subject+"\n\n"+text)
		}
	}
	noStrays(t, reviewDir, fresh)
}

// TestDigestIsBounded holds that a flood of one cause makes no endless mail and
// hides no other cause.
func TestDigestIsBounded(t *testing.T) {
	t.Parallel()
	var flood []onboarding.Payload
	for i := range 3000 {
		flood = append(flood, escalated(fmt.Sprintf("user-%d", i), onboarding.StageSuspended, "reversed:kyc"))
	}
	flood = append(flood, escalated("user-rare", onboarding.StageOnHold, "stalled:on_hold"))
	subject, text, err := load(t, "").RenderDigest("en", "", decided, entries(t, flood...), 300)
	if err != nil || subject != "To review: 3001 users" {
		t.Fatalf("%q, %v", subject, err)
	}
	if lines := strings.Count(text, "\n- "); lines != 301 || !strings.Contains(text, "- and 2701 more") || !strings.Contains(text, "- user-rare:") {
		t.Errorf("%d lines in\n%s", lines, text)
	}
}

// TestShellWord holds that a user ID is one word to a shell.
func TestShellWord(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"user-1": "user-1", "a@example.com": "a@example.com", "a b": "'a b'", "$(reboot)": "'$(reboot)'", "o'neill": `'o'\''neill'`, "ß": "'ß'", "a;b": "'a;b'",
	} {
		if got := activities.ShellWord(id); got != want {
			t.Errorf("ShellWord(%q) = %q, want %q", id, got, want)
		}
	}
}

// FuzzReview holds that whatever a payload holds makes one line of the subject and
// no control characters.
func FuzzReview(f *testing.F) {
	f.Add("user-1", "suspended", "reversed:kyc", "https://admin.example.com/{userId}")
	f.Add("a\u202eb\u2028c", "", "::", "{userId}")
	f.Add("o'neill", "in_review", "stalled:{check}", "")
	texts := load(f, "")
	f.Fuzz(func(t *testing.T, user, stage, cause, url string) {
		if onboarding.CheckUserID(user) != nil || strings.ContainsFunc(url, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		p := escalated(user, onboarding.Stage(stage), cause)
		for _, name := range []string{"review", "surge", "digest"} {
			subject, text, err := texts.RenderReview(name, "en", url, p)
			if name == "digest" {
				subject, text, err = texts.RenderDigest("en", url, time.Time{}, entries(t, p), 1)
			}
			bad := func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }
			if err != nil || subject == "" || strings.Contains(subject, "\n") || strings.ContainsFunc(subject+text, bad) {
				t.Errorf("%s: %v, %q\n%s", name, err, subject, text)
			}
		}
	})
}
