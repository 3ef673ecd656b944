package activities_test

import (
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

// TestReminderVariants holds which of several reminders is sent.
func TestReminderVariants(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"fr/reminder.txt":      "Un\n\nTexte.\n",
		"fr/reminder.3.txt":    "Trois\n\nTexte.\n",
		"fr/reminder.last.txt": "Fin\n\nTexte. {{.Until}} {{.AbandonAt.Format \"02/01/2006\"}}\n",
		"nl/reminder.txt":      "Een\n\nTekst.\n",
		"nl/reminder.2.txt":    "Twee\n\nTekst.\n",
		"de/reminder.txt":      "Mein eigener\n\nText.\n",
		"en-GB/reminder.4.txt": "Fourth\n\nText.\n",
	})
	texts := load(t, dir)
	for _, tt := range []struct {
		name, lang string
		last       bool
		number     int
		subject    string
	}{
		{"the first", "fr", false, 1, "Un"},
		{"the second has none of its own", "fr", false, 2, "Un"},
		{"the third", "fr", false, 3, "Trois"},
		{"one later", "fr", false, 1000, "Trois"},
		{"no number", "fr", false, 0, "Un"},
		{"the last", "fr", true, 1, "Fin"},
		{"the last where there is none", "nl", true, 3, "Twee"},
		{"the last where there is none, and the first", "nl", true, 1, "Een"},
		{"built in", "en", false, 2, "Your verification is still open"},
		{"one's own replaces all", "de", false, 2, "Mein eigener"},
		{"and the last", "de", true, 4, "Mein eigener"},
		{"a number of the country", "en-GB", false, 4, "Fourth"},
		{"below the country's", "en-GB", false, 3, "Your verification is still open"},
		{"a language without any", "sv", false, 1, "Your verification is waiting for you"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			subject, _, err := texts.Render(tt.lang, onboarding.Message{Template: "reminder", Number: tt.number, Last: tt.last}, onboarding.Contact{})
			if err != nil || subject != tt.subject {
				t.Errorf("Render = %q, %v, want %q", subject, err, tt.subject)
			}
		})
	}
}

// TestUntil holds how it is said until when, in languages and time zones.
func TestUntil(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"fr/reminder.txt": "Un\n\nJusqu'au {{.Until}}.\n"})
	texts := load(t, dir)
	for _, tt := range []struct {
		name, lang, zone string
		at               time.Time
		want             string
	}{
		{"english", "en", "Europe/Berlin", givenUp, "You can do so until 1 March 2026, 13:30.\n"},
		{"german", "de-AT", "Europe/Vienna", givenUp, "Das ist bis 1. März 2026, 13:30 Uhr möglich.\n"},
		{"no zone", "en", "", givenUp, "until 1 March 2026, 12:30 UTC.\n"},
		{"no zone, german", "de", "", givenUp, "bis 1. März 2026, 12:30 Uhr UTC möglich.\n"},
		{"no such zone", "en", "Middle/Earth", givenUp, "until 1 March 2026, 12:30 UTC.\n"},
		{"the machine's zone", "en", "Local", givenUp, "until 1 March 2026, 12:30 UTC.\n"},
		{"another day", "en", "Pacific/Auckland", givenUp, "until 2 March 2026, 01:30.\n"},
		{"another language", "fr", "Europe/Paris", givenUp, "Jusqu'au 2026-03-01 13:30.\n"},
		{"a language without a text", "sv", "Europe/Stockholm", givenUp, "until 1 March 2026, 13:30.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, text, err := texts.Render(tt.lang, onboarding.Message{Template: "reminder", Number: 2, AbandonAt: tt.at}, onboarding.Contact{TimeZone: tt.zone})
			if err != nil || !strings.Contains(text, tt.want) {
				t.Errorf("Render = %v, want %q in\n%s", err, tt.want, text)
			}
		})
	}
	if _, text, err := texts.Render("en", onboarding.Message{Template: "reminder", Number: 2}, onboarding.Contact{}); err != nil || strings.Contains(text, "until") {
		t.Errorf("who is never given up reads %q, %v", text, err)
	}
}
