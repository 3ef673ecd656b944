package activities

import (
	"slices"

	"admit/onboarding"
)

// secret says whether a user is not to learn that a case is in that stage: somebody
// looks at the user.
func secret(s onboarding.Stage) bool {
	return s == onboarding.StageOnHold || s == onboarding.StageHighRiskReview
}

// watched says whether the user of a message is looked at, or was found to be a risk.
// What a provider wrote, not knowing it, is not passed on then.
func watched(m onboarding.Message, now onboarding.CheckStatuses) bool {
	return secret(m.Stage) || now.HighRisk != "" && now.HighRisk != onboarding.StatusPassed
}

// tellable returns the message without what could tip the user off, whichever way it
// goes. What is asked of a user who is looked at is asked as of any other, also by the
// link.
func tellable(m onboarding.Message) onboarding.Message {
	if secret(m.Stage) {
		m.Stage = onboarding.StageActionRequired
	}
	return m
}

// sayable returns the message as a channel to the user may hold it beside its words:
// of its reasons those are left that may be said.
func sayable(m onboarding.Message) onboarding.Message {
	hidden := func(r string) bool { return onboarding.SpeechOf(r) != onboarding.SpeechSay }
	m = tellable(m)
	m.Reasons = slices.DeleteFunc(slices.Clone(m.Reasons), hidden)
	m.Asks = slices.Clone(m.Asks)
	for i, a := range m.Asks {
		m.Asks[i].Reasons = slices.DeleteFunc(slices.Clone(a.Reasons), hidden)
	}
	return m
}
