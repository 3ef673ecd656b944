package activities

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"admit/onboarding"
)

// try executes every template with samples and returns the first mistake of each.
func (t *Templates) try() (problems []error) {
	for _, name := range slices.Concat(mailNames, reviewNames) {
		if t.mails[lastLanguage][name] == nil {
			problems = append(problems, fmt.Errorf("templates: %q has no text in %q", name, lastLanguage))
		}
	}
	for _, language := range sortedKeys(t.mails) {
		for _, name := range sortedKeys(t.mails[language]) {
			if err := t.tryOne(language, name); err != nil {
				problems = append(problems, err)
			}
		}
	}
	if len(problems) > 0 {
		return problems // there is no HTML without a good text
	}
	for _, language := range sortedKeys(t.pages) {
		for _, name := range sortedKeys(t.pages[language]) {
			if err := t.tryPage(language, name); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}

// tryOne executes one template with samples of what it is made for.
func (t *Templates) tryOne(language, name string) (err error) {
	try := func(data any) bool {
		_, _, err = execute(t.mails[language][name], data)
		return err == nil
	}
	switch {
	case name == digestMail:
		t.digestSamples(language, try)
	case slices.Contains(reviewNames, name):
		t.reviewSamples(language, try)
	default:
		for _, d := range t.mailSamples(language, name) {
			if !try(d) {
				break
			}
		}
	}
	return err
}

// tryPage executes the HTML of one mail, or a layout, with samples.
func (t *Templates) tryPage(language, name string) error {
	page, found, every := t.pages[language][name], language, 1
	if name == layoutFile {
		// Any mail will do, and not every sample of it; but those of each stage.
		name, found, every = actionMail, lastLanguage, 7
	}
	text := t.mails[found][name]
	if text == nil {
		return fmt.Errorf("%s: there is no %s%s of the same language beside it", page.Name(), name, textSuffix)
	}
	for i, d := range t.mailSamples(found, name) {
		if i%every != 0 {
			continue
		}
		subject, body, err := execute(text, d)
		if err != nil {
			return err // tryOne has seen to it
		}
		if _, err := executePage(page, t.pageData(fallbacks(found), found, d, subject, body)); err != nil {
			return err
		}
	}
	return nil
}

// mailSamples returns what a mail to a user may be made of, one stage after the
// other.
func (t *Templates) mailSamples(language, name string) (all []MailData) {
	one := func(c onboarding.Check, s onboarding.Status, free bool, reasons ...string) onboarding.Asked {
		return onboarding.Asked{Check: c, Status: s, FreeText: free, Reasons: reasons}
	}
	var asks [][]onboarding.Asked
	if name != actionMail && name != expiredMail { // which always ask for something
		asks = append(asks, nil)
	}
	for _, c := range onboarding.Checks {
		asks = append(asks, []onboarding.Asked{one(c, onboarding.StatusActionRequired, false)},
			[]onboarding.Asked{one(c, onboarding.StatusActionRequired, true, "DOC_EXPIRED", "FACE_GLARED")}, []onboarding.Asked{one(c, onboarding.StatusExpired, false)})
	}
	asks = append(asks, slices.Concat(asks[len(asks)-2], asks[len(asks)-1], asks[len(asks)-4]))
	bare := saying{}
	full := saying{
		contact: onboarding.Contact{Name: sampleName, TimeZone: "Europe/Berlin"}, url: "https://example.com/resume",
		texts: map[onboarding.Check]string{onboarding.Checks[0]: "Please use another document."},
	}
	if strings.HasPrefix(name, numberedMail) {
		full.message.AbandonAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	for _, stage := range onboarding.Stages {
		for _, a := range asks {
			for _, s := range []saying{bare, full} {
				s.message.Template, s.message.Stage, s.message.Number, s.message.Asks = name, stage, 1, a
				all = append(all, t.mailData(fallbacks(language), s))
			}
		}
	}
	return all
}

// sampleName is the user of samples and previews.
const sampleName = "Alex Example"

// reviewSamples gives try what a mail to reviewers may be made of.
func (t *Templates) reviewSamples(language string, try func(any) bool) {
	v := t.view(language, "https://example.com/{userId}", time.UTC)
	for _, stage := range onboarding.Stages {
		for _, causes := range [][]string{nil, {"reversed:kyc", "unanswered:kyc:P412"}, {"something_new"}} {
			p := onboarding.Payload{Data: onboarding.PayloadData{
				UserID: "user-1", Stage: stage, BlockedOn: onboarding.Compliance, Access: onboarding.AccessRevoked, Causes: causes,
				Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired}, Number: 12, Limit: 10,
			}}
			if !try(v.review(p)) {
				return
			}
		}
	}
}

// digestSamples gives try what a digest may be made of.
func (t *Templates) digestSamples(language string, try func(any) bool) {
	v := t.view(language, "", time.UTC)
	entry := func(user string, causes ...string) digestItem {
		return digestItem{user: user, stage: onboarding.StageSuspended, blockedOn: onboarding.User, causes: causes}
	}
	for _, items := range [][]digestItem{
		{entry("user-1", "reversed:kyc")},
		{entry("user-1", "reversed:kyc"), entry("user-2", "stalled:on_hold", "something_new"), entry("user-3", "reversed:kyc")},
	} {
		for _, lines := range []int{1, maxDigestLines} {
			if !try(v.digest(items, time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC), lines)) {
				return
			}
		}
	}
}
