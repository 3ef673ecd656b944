package story_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"admit/cmd/simulator/internal/story"
)

// rows returns what a user's lines say, without who was told.
func rows(r story.Result, user string) []string {
	var rows []string
	for _, l := range r.Lines {
		if l.User == user {
			rows = append(rows, strings.Join([]string{l.Words, l.Outcome, l.Stage, l.Access}, ", "))
		}
	}
	return rows
}

// TestLinesAreOfTheirMoment has the answers come right behind what they answer: a
// line shows where the user stood before.
func TestLinesAreOfTheirMoment(t *testing.T) {
	t.Parallel()
	users := story.Cast("run", secrets, false)
	r := newAdmit(users).play(t, users)
	tests := map[string][]string{
		"overtaken-run": {
			"XGateway PENDING_KYC_DATA, applied, collecting, none",
			"XGateway FULL_USER, applied, in_review, none",
			"the API confirms it, applied, approved, granted",
			"XGateway KYC_PENDING, late, approved, granted",
			"XGateway HARD_KYC_FAILED, applied, suspended, revoked",
		},
		"lost-run": {
			"P100 KYC: VERIFIED, applied, approved, granted",
			"the API says EXPIRED, noted, approved, granted",
			"it says so once more, applied, suspended, revoked",
		},
		"override-run": {
			"P100 KYC: NO_FACE_FOUND, applied, action_required, none",
			"dev proposes to pass kyc, noted, action_required, none",
			"dev agrees to it, too, refused, action_required, none",
			"a colleague agrees, applied, approved, granted",
		},
		"import2-run": {
			"imported: sepa_kyc, applied, approved, granted",
			"a bulk run holds them, applied, on_hold, revoked",
		},
	}
	for user, want := range tests {
		if got := rows(r, user); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", user, got, want)
		}
	}
	if table := story.Table(r.Lines); strings.Contains(table, "p100-api") {
		t.Errorf("who is asked is shown as told:\n%s", table)
	}
	if got, want := r.Last(story.LostID("run")), began.Add(4*time.Minute); !got.Equal(want) {
		t.Errorf("the last thing was at %s, want %s", got, want)
	}
	if got := r.Last("nobody"); !got.IsZero() {
		t.Errorf("something happened to nobody at %s", got)
	}
}

// TestWhatTakesTimeIsBegunWith holds the order in which things are done.
func TestWhatTakesTimeIsBegunWith(t *testing.T) {
	t.Parallel()
	users := story.Cast("run", secrets, false)
	a := newAdmit(users)
	a.play(t, users)
	first := []string{
		"lost-run: the API is to say EXPIRED",
		"lost-run: P100 KYC: VERIFIED",
		"dev types import - --format csv --send-access",
		"bca65c48-df49-4831-a7b2-de7903321581: P100 file: ADDED",
	}
	if len(a.did) < len(first) || !slices.Equal(a.did[:len(first)], first) {
		t.Errorf("it begins with %q, want %q", a.did, first)
	}
	const approves = " types command override-run override_check --approves seen-in-the-branch --reason looked at it"
	for _, want := range []string{"held-run: the API is to say VERIFIED", "dev" + approves, "colleague" + approves,
		"dev types bulk run hold --users - --reason the import is looked at --journal " + story.Journal("run")} {
		if !slices.Contains(a.did, want) {
			t.Errorf("it does not do %q: %q", want, a.did)
		}
	}
}

func TestPlayEndsWithWhatNeverComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := story.Cast("run", secrets, false)
		a := newAdmit(users)
		a.never = "xgateway/api"
		r, err := a.player(t).Play(t.Context(), users)
		if err == nil || !strings.Contains(err.Error(), "play overtaken-run, the API confirms it: it took too long") {
			t.Errorf("Play: %v", err)
		}
		if got := rows(r, "reversed-run"); len(got) != 5 {
			t.Errorf("the lines before are %q", got)
		}
	})
}

func TestPlayEndsWithACommandThatFails(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"import", "command", "bulk"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			users := story.Cast("run", secrets, false)
			a := newAdmit(users)
			a.wrong = command
			if _, err := a.player(t).Play(t.Context(), users); !errors.Is(err, errTyped) {
				t.Errorf("Play: %v", err)
			}
		})
	}
}

// TestFilesThatAreTyped holds that every imported user stands in the file.
func TestFilesThatAreTyped(t *testing.T) {
	t.Parallel()
	const want = "user_id,checks,since\nimport1-run,kyc poa,2024-05-31\nimport2-run,sepa_kyc,2024-05-31\nimport3-run,kyc,2024-05-31\n"
	users := story.Cast("run", secrets, false)
	i := slices.IndexFunc(users, func(u story.User) bool { return u.Before != nil })
	if got := users[i].Before.Stdin; got != want {
		t.Errorf("the import is %q, want %q", got, want)
	}
	if got, want := users[i+1].Steps[1].Order.Stdin, "import2-run\nimport3-run\n"; got != want {
		t.Errorf("the bulk run is for %q, want %q", got, want)
	}
}
