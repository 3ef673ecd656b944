package activities

import (
	"regexp"
	"slices"
	"strings"

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

// frank says whether each of the reasons in a message may be said: a provider's
// free text beside one that may not could give it away. The rules see to it, too.
func frank(m onboarding.Message) bool {
	all := slices.Clone(m.Reasons)
	for _, a := range m.Asks {
		all = append(all, a.Reasons...)
	}
	return !slices.ContainsFunc(all, func(r string) bool { return onboarding.SpeechOf(r) != onboarding.SpeechSay })
}

// linkBreak parts what a mail program could take for a link or an address without
// being seen: a space of no width.
const linkBreak = "\u200b"

// cutMark ends a text that was too long.
const cutMark = " …"

// quotable returns a provider's free text as a mail may hold it: one paragraph, not
// longer than maxFreeText, in which nothing becomes a link. Who can forge a webhook
// can write there.
func quotable(text string) string {
	text = cleanLine(text)
	if len(text) > maxFreeText {
		text = strings.ToValidUTF8(text[:maxFreeText-len(cutMark)], "")
		if word := strings.LastIndexByte(text, ' '); word > 0 {
			text = text[:word]
		}
		text += cutMark
	}
	return partsOfLinks.ReplaceAllString(text, "$1"+linkBreak+"$2")
}

var partsOfLinks = regexp.MustCompile(`([.:/@` + lookalikes + `])(\S)`)

// lookalikes are the other dots, colons, slashes and at signs that programs take for
// those of a link or an address.
const lookalikes = "\u2024\u3002\ufe52\uff0e\uff0f\uff1a\uff20\uff61"

// ReasonLine is what a user is told of a reason.
type ReasonLine struct {
	Code     string            `json:"code"` // "*" stands for every code that is not known
	Speech   onboarding.Speech `json:"class"`
	Sentence string            `json:"sentence"` // "" of a silent one
}

// Reasons returns what users are told of each known reason in a language, grouped
// as onboarding.ReasonCodes is, and last of every other.
func (t *Templates) Reasons(language string) []ReasonLine {
	languages := fallbacks(language)
	var lines []ReasonLine
	for _, r := range append(onboarding.ReasonCodes(), onboarding.Reason{Code: "*", Speech: onboarding.SpeechOf("*")}) {
		line := ReasonLine{Code: r.Code, Speech: r.Speech}
		switch sentences, neutral := t.speak(languages, []string{r.Code}); {
		case r.Speech == onboarding.SpeechSilent:
		case len(sentences) > 0:
			line.Sentence = sentences[0]
		default:
			line.Sentence = neutral
		}
		lines = append(lines, line)
	}
	return lines
}
