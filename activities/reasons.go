package activities

import (
	"slices"

	"admit/onboarding"
)

// speak returns the sentences about the reasons that may be said to a user, each
// once, and the neutral one for when there are none. A silent reason silences all
// of them.
func (t *Templates) speak(languages []string, reasons []string) (sentences []string, neutral string) {
	neutral = t.sentence(languages, reasonsFile, neutralKey)
	for _, r := range reasons {
		switch onboarding.SpeechOf(r) {
		case onboarding.SpeechSilent:
			return nil, neutral
		case onboarding.SpeechSay:
			if s := t.sentence(languages, reasonsFile, r); s != "" && !slices.Contains(sentences, s) {
				sentences = append(sentences, s)
			}
		}
	}
	return sentences, neutral
}
