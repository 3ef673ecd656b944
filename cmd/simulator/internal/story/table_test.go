package story_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"admit/cmd/simulator/internal/story"
)

func TestTable(t *testing.T) {
	t.Parallel()
	got := story.Table([]story.Line{
		{User: "u1", Words: "P100 KYC: VERIFIED", Status: 200, Outcome: "applied", Stage: "approved", Blocked: "nobody", Access: "granted",
			Told: []story.Told{{Target: "core", State: "delivered", Count: 3}, {Target: "mail", State: "parked", Count: 1}}},
		{User: "u1", Words: "the same again", Status: 200, Outcome: "duplicate", Stage: "approved", Blocked: "nobody", Access: "granted"},
		{User: "ä-user-of-a-long-name", Words: "silence", Outcome: "applied", Stage: "collecting", Blocked: "user", Access: "none"},
		{User: "u3", Words: "wrong token", Status: 401},
	})
	const want = `user              webhook             HTTP  outcome    stage       blocked on  access   who was told
────────────────  ──────────────────  ────  ─────────  ──────────  ──────────  ───────  ─────────────────────
u1                P100 KYC: VERIFIED  200   applied    approved    nobody      granted  core 3, mail 1 parked
u1                the same again      200   duplicate  approved    nobody      granted  nobody

ä-user-o…ng-name  silence             -     applied    collecting  user        none     nobody

u3                wrong token         401   -          -           -           -        nobody
`
	if got != want {
		t.Errorf("the table is\n%s\nnot\n%s", got, want)
	}
}

// TestTableIsReadable holds that the whole story fits in 140 columns.
func TestTableIsReadable(t *testing.T) {
	t.Parallel()
	users := story.Cast("touk63", secrets, true)
	r := newAdmit(users).play(t, users)
	for i := range r.Lines {
		r.Lines[i].Told = []story.Told{{Target: story.Core, State: "delivered", Count: 5}, {Target: story.Mail, State: "delivered", Count: 2},
			{Target: story.CRM, State: "delivered", Count: 1}, {Target: story.Reviewers, State: "delivered", Count: 1}}
	}
	for line := range strings.Lines(story.Table(r.Lines)) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 140 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
