package activities

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"admit/onboarding"
)

// neutralKey stands in reasons.txt for the sentence that says nothing but that
// something is missing. It is no code: those are in capitals.
const neutralKey = "neutral"

// nextSuffix marks in causes.txt the sentence that says what a reviewer does next.
const nextSuffix = ".next"

// Places in the sentences of causes.txt.
const (
	placeCheck  = "{check}"
	placeStage  = "{stage}"
	placeDetail = "{detail}"
)

// Groups of words that users read; the others are for reviewers.
const (
	stepGroup = "step." // what a user is asked to do
	htmlGroup = "html." // what the HTML of a mail says beside the text
)

// wordGroups are the beginnings of the keys in words.txt.
var wordGroups = []string{"check.", "stage.", "status.", "party.", "access.", stepGroup, htmlGroup}

// fits says for each file of sentences what is wrong with a key or its sentence.
var fits = map[string]func(key, sentence string) error{
	reasonsFile: func(key, _ string) error {
		if key != neutralKey && onboarding.SpeechOf(key) != onboarding.SpeechSay {
			// It could tip off a user under suspicion, and would never be sent.
			return fmt.Errorf("%s is not to be spoken of, so it has no sentence", key)
		}
		return nil
	},
	causesFile: func(_, sentence string) error {
		rest := strings.NewReplacer(placeCheck, "", placeStage, "", placeDetail, "").Replace(sentence)
		if strings.ContainsAny(rest, "{}") {
			return fmt.Errorf("holds another {…} than %s, %s and %s", placeCheck, placeStage, placeDetail)
		}
		return nil
	},
	wordsFile: func(key, _ string) error {
		if !slices.ContainsFunc(wordGroups, func(group string) bool { return strings.HasPrefix(key, group) }) {
			return fmt.Errorf("%s does not begin with any of %s", key, strings.Join(wordGroups, " "))
		}
		return nil
	},
}

// parseSentences reads lines "CODE = sentence" into the sentences; empty lines and
// those that begin with # are passed over. fit says what is wrong with a line that
// is written so.
func parseSentences(at, text string, fit func(key, sentence string) error, into map[string]string) (problems []error) {
	bad := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %s", at, line+1, fmt.Sprintf(format, args...)))
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, sentence, ok := strings.Cut(line, "=")
		key, sentence = strings.TrimSpace(key), cleanLine(sentence)
		switch {
		case !ok, key == "", sentence == "":
			bad(i, "not written CODE = sentence")
		case seen[key]:
			bad(i, "%s stands here twice", key)
		default:
			if err := fit(key, sentence); err != nil {
				bad(i, "%v", err)
				continue
			}
			seen[key], into[key] = true, sentence
		}
	}
	return problems
}

// sentence returns what a file says for a key in the first language that has it.
func (t *Templates) sentence(languages []string, file, key string) string {
	for _, l := range languages {
		if s := t.sentences[file][l][key]; s != "" {
			return s
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
