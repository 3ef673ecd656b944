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
		t.mailSamples(language, name, try)
	}
	return err
}

// mailSamples gives try what a mail to a user may be made of, until it says no.
func (t *Templates) mailSamples(language, name string, try func(any) bool) {
	untils := []time.Time{{}}
	if strings.HasPrefix(name, numberedMail) {
		untils = append(untils, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	}
	for _, check := range append([]onboarding.Check{""}, onboarding.Checks[:]...) {
		for _, stage := range onboarding.Stages {
			for _, contact := range []onboarding.Contact{{}, {Name: "Alex Example", TimeZone: "Europe/Berlin"}} {
				for _, reasons := range [][]string{nil, {"DOC_EXPIRED"}} {
					for _, until := range untils {
						m := onboarding.Message{Template: name, Asks: []onboarding.Asked{{Check: check, Reasons: reasons}}, Stage: stage, Number: 1, AbandonAt: until}
						if !try(t.mailData(fallbacks(language), m, contact)) {
							return
						}
					}
				}
			}
		}
	}
}

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
