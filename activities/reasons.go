package activities

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"admit/onboarding"
)

// neutralKey stands in reasons.txt for the sentence that says nothing but that
// something is missing. It is no code: those are in capitals.
const neutralKey = "neutral"

// parseReasons reads lines "CODE = sentence" into the sentences; empty lines and
// those that begin with # are passed over. A sentence for a code that is not to be
// said is a mistake: it could tip off a user under suspicion, and would never be
// sent.
func parseReasons(at, text string, into map[string]string) error {
	var problems []error
	bad := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %s", at, line+1, fmt.Sprintf(format, args...)))
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		code, sentence, ok := strings.Cut(line, "=")
		code, sentence = strings.TrimSpace(code), cleanLine(sentence)
		switch {
		case !ok, code == "", sentence == "":
			bad(i, "not written CODE = sentence")
		case seen[code]:
			bad(i, "%s stands here twice", code)
		case code != neutralKey && onboarding.SpeechOf(code) != onboarding.SpeechSay:
			bad(i, "%s is not to be spoken of, so it has no sentence", code)
		default:
			seen[code], into[code] = true, sentence
		}
	}
	return errors.Join(problems...)
}

// speak returns the sentences about the reasons that may be said, each once, and
// the neutral one for when there are none. A silent reason silences all of them.
func (t *Templates) speak(languages []string, reasons []string) (sentences []string, neutral string) {
	neutral = t.sentence(languages, neutralKey)
	for _, r := range reasons {
		switch onboarding.SpeechOf(r) {
		case onboarding.SpeechSilent:
			return nil, neutral
		case onboarding.SpeechSay:
			if s := t.sentence(languages, r); s != "" && !slices.Contains(sentences, s) {
				sentences = append(sentences, s)
			}
		}
	}
	return sentences, neutral
}

// sentence returns the sentence of the first language that has one.
func (t *Templates) sentence(languages []string, code string) string {
	for _, l := range languages {
		if s := t.reasons[l][code]; s != "" {
			return s
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
