package story_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"admit/cmd/simulator/internal/story"
)

func TestPlayWithoutFault(t *testing.T) {
	t.Parallel()
	for name, crm := range map[string]bool{"alone": false, "with another team": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := story.Cast("run", secrets, crm)
			r := newAdmit(users).play(t, users)
			if len(r.Problems) > 0 {
				t.Errorf("problems: %s", strings.Join(r.Problems, "\n"))
			}
			steps := 0
			for _, u := range users {
				steps += len(u.Steps)
			}
			if len(r.Lines) != steps {
				t.Errorf("%d lines for %d steps", len(r.Lines), steps)
			}
			if got := strings.Contains(story.Table(r.Lines), "crm 1"); got != crm {
				t.Errorf("the table names the other team: %t", got)
			}
		})
	}
}

func TestPlayTellsWhatDiffers(t *testing.T) {
	t.Parallel()
	only := func(words string, change func(*story.Want)) func(story.Step, *story.Want) {
		return func(s story.Step, w *story.Want) {
			if s.Words == words {
				change(w)
			}
		}
	}
	tests := map[string]struct {
		spoil func(story.Step, *story.Want)
		want  []string
	}{
		"a stale pass lets in": {
			only("P100 KYC: a stale pass", func(w *story.Want) { w.Outcome, w.Stage = "applied", "approved" }),
			[]string{`reversed-run, P100 KYC: a stale pass: the outcome is "applied", not "held"`,
				`reversed-run, P100 KYC: a stale pass: the stage is "approved", not "suspended"`},
		},
		"nobody is told of a revoke": {
			only("XGateway HARD_KYC_FAILED", func(w *story.Want) { w.Told = w.Told[1:] }),
			[]string{"overtaken-run, XGateway HARD_KYC_FAILED: core was not told (told: mail 1, reviewers 1)"},
		},
		"a wrong token is taken": {
			only("P100 KYC, wrong token", func(w *story.Want) { w.Status, w.Outcome = http.StatusOK, "applied" }),
			[]string{`forged-run, P100 KYC, wrong token: the HTTP answer is "200", not "401"`,
				"forged-run, P100 KYC, wrong token: Admit knows the user, from a webhook that it turned away"},
		},
		"another body is answered": {
			only("P100 file: ADDED", func(w *story.Want) { w.Answer = "{}" }),
			[]string{`P100 file: ADDED: the answer's body is "{}", not "null"`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := story.Cast("run", secrets, false)
			a := newAdmit(users)
			a.spoil = test.spoil
			found := strings.Join(a.play(t, users).Problems, "\n")
			for _, want := range test.want {
				if !strings.Contains(found, want) {
					t.Errorf("the problems do not name %q:\n%s", want, found)
				}
			}
		})
	}
}

func TestMerchantThatDisagreesIsAProblem(t *testing.T) {
	t.Parallel()
	users := story.Cast("run", secrets, false)
	a := newAdmit(users)
	a.deaf = true
	found := strings.Join(a.play(t, users).Problems, "\n")
	if want := "approved-run: the hooks said access none, and Admit has granted"; !strings.Contains(found, want) {
		t.Errorf("the problems do not name %q:\n%s", want, found)
	}
}

// TestPrintedUsersOfAnEarlierRun has them wherever that run, or a reader, left
// them.
func TestPrintedUsersOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	users := story.Cast("run", secrets, false)
	a := newAdmit(users)
	a.exist("user_123456789")
	a.spoil = func(s story.Step, w *story.Want) {
		if s.Words == "P100 high risk: OK" {
			w.Outcome, w.Stage, w.Blocked, w.Access, w.Told = "duplicate", "closed", "nobody", "revoked", nil
		}
	}
	r := a.play(t, users)
	if len(r.Problems) > 0 {
		t.Errorf("problems: %s", strings.Join(r.Problems, "\n"))
	}
	if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "user_123456789 exists") {
		t.Errorf("notes: %q", r.Notes)
	}
}

func TestOwnUserThatExistsEndsThePlay(t *testing.T) {
	t.Parallel()
	users := story.Cast("run", secrets, false)
	a := newAdmit(users)
	a.exist("approved-run")
	if _, err := a.player(t).Play(t.Context(), users); err == nil || !strings.Contains(err.Error(), "start approved-run: answer 200") {
		t.Errorf("Play: %v", err)
	}
}

// TestMessagesThatNeverArrive waits once, not at every step.
func TestMessagesThatNeverArrive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := story.Cast("run", secrets, false)
		a := newAdmit(users)
		a.effect = "waiting"
		began := time.Now()
		r := a.play(t, users)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the play took %s", took)
		}
		found := strings.Join(r.Problems, "\n")
		for _, want := range []string{"approved-run: 6 messages still wait", "core was not told (told: core 1 waiting, mail 1 waiting)"} {
			if !strings.Contains(found, want) {
				t.Errorf("the problems do not name %q:\n%s", want, found)
			}
		}
	})
}

func TestBodiesAreJSON(t *testing.T) {
	t.Parallel()
	for _, u := range story.Cast("run", secrets, true) {
		for _, s := range u.Steps {
			if s.Path != "" && !json.Valid([]byte(s.Body)) {
				t.Errorf("%s, %s: no JSON: %s", u.ID, s.Words, s.Body)
			}
			if s.Path != "" && !strings.Contains(s.Body, u.ID) {
				t.Errorf("%s, %s: another user: %s", u.ID, s.Words, s.Body)
			}
		}
	}
	if got, want := story.KYC("u", "NOT_VERIFIED", "PENDING", ""), `{"externalUserId":"u","verificationStatus":"NOT_VERIFIED","attemptStatus":"PENDING"}`; got != want {
		t.Errorf("KYC = %s, want %s", got, want)
	}
}
