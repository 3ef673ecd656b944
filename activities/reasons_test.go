package activities_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"admit/activities"
	"admit/onboarding"
)

// spoken are all reason codes that the providers are known or expected to send, and
// Admit's own, in the way in which a user may be told of them.
var spoken = []struct {
	group  string
	speech onboarding.Speech
	codes  []string
}{
	{"P100, published", onboarding.SpeechSay, []string{"NO_FACE_FOUND"}},
	{"faces that another photo mends", onboarding.SpeechSay, []string{
		"TOO_MANY_FACES", "FACE_TOO_BLURRY", "FACE_ERROR", "FACE_NOT_ANALYSED", "FACE_NOT_CHECKED", "FACE_GLARED"}},
	{"faces that raise a suspicion", onboarding.SpeechNeutral, []string{
		"FACE_MISMATCH", "FAKE_FACE", "FACE_UNCERTAIN", "FACE_SUSPECTED", "FACE_BLACKLISTED"}},
	{"documents that another photo or document mends", onboarding.SpeechSay, []string{
		"DOC_NOT_FOUND", "DOC_NOT_FULLY_VISIBLE", "DOC_NOT_SUPPORTED", "DOC_FACE_NOT_FOUND", "DOC_NAME_ERROR", "DOC_SURNAME_ERROR",
		"DOC_EXPIRY_ERROR", "DOC_DOB_ERROR", "DOC_PERSONAL_NUMBER_ERROR", "DOC_NUMBER_ERROR", "DOC_TOO_BLURRY", "DOC_EXPIRED",
		"DOC_DAMAGED", "DOC_ERROR", "MRZ_NOT_FOUND", "MRZ_OCR_READING_ERROR", "COUNTRY_MISMATCH"}},
	{"documents that raise a suspicion", onboarding.SpeechNeutral, []string{"DOC_INFO_MISMATCH", "DOC_FAKE", "AUTO_UNVERIFIABLE"}},
	{"XGateway, in its examples", onboarding.SpeechSay, []string{"BAD_SELFIE", "BAD_PASSPORT"}},
	{"no code at all", onboarding.SpeechNeutral, []string{onboarding.ReasonOther}},
	{"Admit's own", onboarding.SpeechSilent, []string{onboarding.ReasonHighRiskReview}},
	{"Admit's own, with a verdict", onboarding.SpeechNeutral, []string{onboarding.ReasonHighRiskRejected}},
	{"unknown", onboarding.SpeechNeutral, []string{"*"}},
}

// TestReasons holds the class of every code and that there is a sentence for it,
// in both languages.
func TestReasons(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	neutral := map[string]string{
		"en": "We could not complete the check with what we received.",
		"de": "Mit den Unterlagen, die uns vorliegen, konnten wir die Prüfung nicht abschließen.",
	}
	for _, lang := range []string{"en", "de"} {
		lines := map[string]activities.ReasonLine{}
		for _, line := range texts.Reasons(lang) {
			lines[line.Code] = line
		}
		for _, group := range spoken {
			for _, code := range group.codes {
				line, ok := lines[code]
				delete(lines, code)
				switch {
				case !ok || line.Speech != group.speech:
					t.Errorf("%s, %s: %s is %q, want %q", lang, group.group, code, line.Speech, group.speech)
				case line.Speech == onboarding.SpeechSilent && line.Sentence != "":
					t.Errorf("%s: %s says %q", lang, code, line.Sentence)
				case line.Speech == onboarding.SpeechNeutral && line.Sentence != neutral[lang]:
					t.Errorf("%s: %s says %q, want the neutral sentence", lang, code, line.Sentence)
				case line.Speech == onboarding.SpeechSay && (line.Sentence == "" || line.Sentence == neutral[lang] || !strings.HasSuffix(line.Sentence, ".")):
					t.Errorf("%s: %s says %q, want a sentence of its own", lang, code, line.Sentence)
				}
			}
		}
		if len(lines) != 0 {
			t.Errorf("%s: nobody said how to speak of %v", lang, lines)
		}
	}
}

// TestReasonsInALanguage holds that a language without sentences has English ones.
func TestReasonsInALanguage(t *testing.T) {
	t.Parallel()
	texts := load(t, folder(t, map[string]string{"fr/reasons.txt": "DOC_EXPIRED = Périmé.\n"}))
	for _, line := range texts.Reasons("fr-CA") {
		switch want := map[string]string{"DOC_EXPIRED": "Périmé.", "DOC_FAKE": "We could not complete the check with what we received."}[line.Code]; {
		case want != "" && line.Sentence != want:
			t.Errorf("%s says %q, want %q", line.Code, line.Sentence, want)
		case line.Code == "NO_FACE_FOUND" && !strings.HasPrefix(line.Sentence, "Your face could not be seen"):
			t.Errorf("%s says %q", line.Code, line.Sentence)
		}
	}
}

// TestFreeTextGivesNothingAway holds that a provider's own words are shown where
// the policy lets them, and never beside a reason that may not be said.
func TestFreeTextGivesNothingAway(t *testing.T) {
	t.Parallel()
	const free = "You are on our list."
	plain := asked(onboarding.KYC, "DOC_EXPIRED")
	for _, tt := range []struct {
		name string
		m    onboarding.Message
		text string
		want bool
	}{
		{"allowed", onboarding.Message{Asks: freely(asked(onboarding.KYC, "DOC_EXPIRED"))}, free, true},
		{"allowed, without a reason", onboarding.Message{Asks: freely(asked(onboarding.KYC))}, free, true},
		{"not allowed", onboarding.Message{Asks: plain}, free, false},
		{"erased", onboarding.Message{Asks: freely(asked(onboarding.KYC, "DOC_EXPIRED"))}, "", false},
		{"blank", onboarding.Message{Asks: freely(asked(onboarding.KYC, "DOC_EXPIRED"))}, " \n\t", false},
		{"a suspicion", onboarding.Message{Asks: freely(asked(onboarding.KYC, "DOC_FAKE"))}, free, false},
		{"a suspicion beside", onboarding.Message{Asks: freely(asked(onboarding.KYC, "DOC_EXPIRED", "FAKE_FACE"))}, free, false},
		{"an unknown code", onboarding.Message{Asks: freely(asked(onboarding.KYC, "NEVER_SEEN"))}, free, false},
		{"no code", onboarding.Message{Asks: freely(asked(onboarding.KYC, onboarding.ReasonOther))}, free, false},
		{"a suspicion about another check", onboarding.Message{Asks: slices.Concat(freely(asked(onboarding.KYC)), asked(onboarding.SEPAKYC, "FACE_MISMATCH"))}, free, false},
		{"a suspicion about the whole", onboarding.Message{Asks: freely(asked(onboarding.KYC)), Reasons: []string{onboarding.ReasonHighRiskRejected}}, free, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"action_required", "suspended", "reminder"} {
				tt.m.Template, tt.m.Number = name, 1
				r, err := load(t, "").Say("en", tt.m, onboarding.Recipient{Texts: map[onboarding.Check]string{onboarding.KYC: tt.text}}, "")
				if err != nil {
					t.Fatal(err)
				}
				for _, said := range []string{r.Text, r.HTML} {
					if strings.Contains(said, free) != tt.want || strings.Contains(said, "The verification service adds") != tt.want {
						t.Errorf("%s, want the free text: %t\n%s", name, tt.want, said)
					}
				}
			}
		})
	}
}

func TestQuotable(t *testing.T) {
	t.Parallel()
	const zero = "\u200b"
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Please enter the date of birth.", "Please enter the date of birth."},
		{"lines", "One.\r\n\r\n- Two\n> Three\t!", "One. - Two > Three !"},
		{"a link", "see https://evil.example/a?b=c", "see https:" + zero + "//" + zero + "evil." + zero + "example/" + zero + "a?b=c"},
		{"a bare domain", "see example.com", "see example." + zero + "com"},
		{"an address", "to me@example.com now", "to me@" + zero + "example." + zero + "com now"},
		{"another dot", "see example\u3002com", "see example\u3002" + zero + "com"},
		{"sentences that touch", "Blurred.Again", "Blurred." + zero + "Again"},
		{"a link already broken once", "https:" + zero + "//evil.example", "https:" + zero + "//" + zero + "evil." + zero + "example"},
		{"controls", "a\x00b\u202ec\u2028d\x1b[31m", "abc d[31m"},
		{"no UTF-8", "a\xffb", "ab"},
		{"nothing", "", ""},
		{"long", strings.Repeat("word ", 300), strings.TrimSpace(strings.Repeat("word ", 204)) + " …"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := activities.Quotable(tt.in); got != tt.want {
				t.Errorf("Quotable = %q, want %q", got, tt.want)
			}
		})
	}
	if got := activities.Quotable(strings.Repeat("ä", 1<<20)); len(got) > 1<<10 || !utf8.ValidString(got) || !strings.HasSuffix(got, "ä …") {
		t.Errorf("Quotable of a long word has %d bytes: %q", len(got), got)
	}
}
