package uitest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTemporalUI looks at users in the Temporal UI.
func TestTemporalUI(t *testing.T) {
	a, browser := serve(t), startBrowser(t)
	suspended, flagged := "user-"+rand.Text(), "user-"+rand.Text()
	a.kyc(suspended, "VERIFIED", "SUCCESSFUL")
	a.sees(suspended, "approved", func(o onboarding) bool { return o.Stage == "approved" })
	a.kyc(suspended, "EXPIRED", "")
	o := a.sees(suspended, "suspended", func(o onboarding) bool { return o.Stage == "suspended" })
	a.kyc(flagged, "NOT_VERIFIED", "PENDING")
	a.command(flagged, "flag_high_risk")
	a.sees(flagged, "stalled", func(o onboarding) bool { return o.Stage == "high_risk_review" && o.Stalled })

	t.Run("find a suspended user", func(t *testing.T) { find(t, browser, suspended, o.NextDeadline) })
	t.Run("the queries of the README", func(t *testing.T) { queries(t, browser, suspended, flagged) })
	t.Run("a command sent from here", func(t *testing.T) { command(t, a, browser, suspended) })
}

// find goes from the list of suspended users to what is known of one.
func find(t *testing.T, browser context.Context, user string, due time.Time) {
	id := "onboarding:" + user
	p := newTab(t, browser)
	p.list(`OnboardingStage="suspended"`, []string{id}, nil)
	p.click("a", id)
	p.shows("Event History", id)

	p.click("a", "User Metadata")
	at := due.UTC().Format("2006-01-02 15:04:05 UTC")
	p.shows(
		"Onboarding of "+user,
		"The user was approved, is so no longer, and is shut out (kyc has expired); it waits for the user, and next, at "+at+", ",
		"user "+user, "stage suspended since 20", "blocked on user", "access revoked", "kyc expired", "marks reversed (", "next "+at,
		"p100/kyc-verification applied: suspended",
		"What is sent from this page changes nothing.",
	)

	p.click("a", "Event History")
	p.shows("Timer Started", " at "+at+", unless this has moved by then", "fold what is new: rung", "core-banking (access)")

	p.click("a", "Search Attributes")
	p.shows(`"OnboardingReversed": true`, `"OnboardingStage": "suspended"`, `"OnboardingStageSince": "20`)

	p.click("a", "Queries")
	p.click("button", "Run Query")
	p.shows(`"inWords": "The user was approved, is so no longer`, `"access": "revoked"`)
}

// list opens the list of what a query finds, until it shows all that it must and
// nothing that it must not. It is filled with a delay, and not by itself.
func (p *tab) list(query string, with, without []string) {
	p.t.Helper()
	until(p.t, "the list of "+query, func() error {
		p.open("/namespaces/default/workflows?query=" + url.QueryEscape(query))
		var text string
		until(p.t, "the list is there", func() (err error) {
			text, err = p.text()
			if err == nil && !strings.Contains(text, "Per Page") && !strings.Contains(text, "No Workflows Found") {
				err = fmt.Errorf("the page shows %q", text)
			}
			return err
		})
		for _, id := range with {
			if !strings.Contains(text, id) {
				return fmt.Errorf("%s is missing", id)
			}
		}
		for _, id := range without {
			if strings.Contains(text, id) {
				return fmt.Errorf("%s is there", id)
			}
		}
		return nil
	})
}

var readmeQuery = regexp.MustCompile("(?m)^\\| ([^|`]+) \\| `(Onboarding[^`]+)` \\|$")

// queries runs the queries that the README gives for the list.
func queries(t *testing.T, browser context.Context, suspended, flagged string) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s, f := "onboarding:"+suspended, "onboarding:"+flagged
	date := regexp.MustCompile(`"\d{4}-\d{2}-\d{2}T00:00:00Z"`)
	now := time.Now().UTC()
	before, after := now.Add(-time.Hour).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)
	wants := map[string]struct {
		date          string // instead of the README's
		with, without []string
	}{
		"shut out":                  {with: []string{s}, without: []string{f}},
		"stalled on compliance":     {with: []string{f}, without: []string{s}},
		"reversed this week":        {date: before, with: []string{s}, without: []string{f}},
		"waiting long for the user": {date: after, with: []string{s}, without: []string{f}},
	}
	found := readmeQuery.FindAllStringSubmatch(string(text), -1)
	if len(found) != len(wants) {
		t.Errorf("the README has the queries %q, want %d", found, len(wants))
	}
	p := newTab(t, browser)
	for _, q := range found {
		want, ok := wants[q[1]]
		if !ok {
			t.Errorf("nobody knows what %q is to find", q[1])
			continue
		}
		if dated := date.MatchString(q[2]); dated != (want.date != "") {
			t.Errorf("%q has a date: %v", q[1], dated)
		}
		p.list(date.ReplaceAllString(q[2], `"`+want.date+`"`), want.with, want.without)
	}
	p.list(`OnboardingReversed = true AND OnboardingStageSince > "`+after+`"`, nil, []string{s, f})
}

// dialog opens a dialog of the menu of a run's actions. While the page loads, the
// menu closes by itself.
func (p *tab) dialog(name string) {
	p.t.Helper()
	until(p.t, "the dialog "+name, func() error {
		for _, step := range []struct{ missing, button, text string }{
			{"li[role=menuitem]", "button[aria-controls=workflow-actions]", "More Actions"},
			{"dialog[open]", "li[role=menuitem]", name},
		} {
			there, err := p.has(step.missing, name)
			if err != nil {
				return err
			}
			if !there {
				_, err = chromedp.Run(p.ctx, chromedp.Evaluate[chromedp.Void](element(step.button, step.text)+"?.click()"))
			}
			if err != nil {
				return err
			}
		}
		if there, err := p.has("dialog[open]", name); err != nil || !there {
			return errors.Join(errors.New("it is not open"), err)
		}
		return nil
	})
}

// command sends an update as the UI lets one, and is told where commands go.
func command(t *testing.T, a *admit, browser context.Context, user string) {
	before := a.sees(user, "suspended", func(o onboarding) bool { return o.Stage == "suspended" })
	for _, tt := range []struct{ name, data string }{
		{name: "without data"},
		{name: "with a command", data: `{"command": "lift"}`},
		{name: "with a request ID", data: `{"requestId": "made-up"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newTab(t, browser)
			p.open("/namespaces/default/workflows/" + url.PathEscape("onboarding:"+user))
			p.dialog("Send an Update")
			p.click("dialog[open] [data-testid=update-select-button]", "")
			p.shows("Sent from here it does nothing: send commands to the admin API")
			p.click("dialog[open] li[role=option]", "command")
			if tt.data != "" {
				p.enter("dialog[open] [contenteditable=true]", tt.data)
			}
			p.click("dialog[open] [data-testid=confirm-modal-button]", "")
			p.shows("nothing was done: ", "send commands to the admin API, POST /v1/onboardings/{userId}/commands, or with: admit command USER")
		})
	}
	a.sees(user, "as before", func(o onboarding) bool { return o == before })
}
