package admin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	st := newStore("user-1")
	st.audit = onboarding.Audit{
		UserID: "user-1", At: at, Onboarding: user("user-1"),
		Decisions: []onboarding.Decision{{About: "stage", Value: json.RawMessage(`"approved"`), Erased: true,
			Entry: onboarding.TimelineEntry{Kind: "log", At: at, Seq: 2, Outcome: onboarding.Applied, PolicyHash: "abc"}}},
		Pending:  []onboarding.TimelineEntry{{Kind: "pending", At: at, EventID: 3}},
		Effects:  []onboarding.TimelineEntry{{Kind: "effect", At: at, Effect: "access.granted"}},
		Policies: map[string]json.RawMessage{"abc": json.RawMessage(`{"max_reminders":10}`)},
	}
	s := newSetup(t, st, admin.Limits{})
	got := wantJSON[onboarding.Audit](t, s.ask("GET", "/v1/onboardings/user-1/audit?at=2026-02-28", readToken, ""), http.StatusOK)
	if !reflect.DeepEqual(got, st.audit) {
		t.Errorf("%+v", got)
	}
	st.audit = onboarding.Audit{UserID: "user-1", At: at, Onboarding: user("user-1")}
	w := s.ask("GET", "/v1/onboardings/user-1/audit?at=2026-02-28", readToken, "")
	if want := `"decisions":[],"pending":[],"effects":[],"policies":{}}`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s", w.Body)
	}
	p := wantProblem(t, s.ask("GET", "/v1/onboardings/user-2/audit?at=2026-02-28", readToken, ""), 404, "not_found")
	if !strings.Contains(p.Detail, "by that time") {
		t.Errorf("%+v", p)
	}
}

// The clock of the tests stands a second or two after 2026-03-01 09:00.
func TestAuditTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   string
		want time.Time // zero where it is refused
	}{
		{"2026-02-28T12:00:00Z", time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)},
		{"2026-02-28T12:00:00.123456+02:00", time.Date(2026, 2, 28, 10, 0, 0, 123456000, time.UTC)},
		{"2026-02-28", time.Date(2026, 2, 28, 23, 59, 59, 999999000, time.UTC)},
		{"2026-03-01", time.Date(2026, 3, 1, 23, 59, 59, 999999000, time.UTC)},
		{"1999-12-31", time.Date(1999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
		{"2026-03-01T09:00:30Z", time.Date(2026, 3, 1, 9, 0, 30, 0, time.UTC)},
		{"2026-03-01T09:05:00Z", time.Time{}},
		{"2026-03-02", time.Time{}},
		{"2026-02-30", time.Time{}},
		{"2026-02-28 12:00:00", time.Time{}},
		{"2026-02-28T12:00:00", time.Time{}},
		{"yesterday", time.Time{}},
		{"", time.Time{}},
		{strings.Repeat("1", 65), time.Time{}},
	} {
		t.Run(c.at, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			w := s.ask("GET", "/v1/onboardings/user-1/audit?at="+url.QueryEscape(c.at), readToken, "")
			if c.want.IsZero() {
				if p := wantProblem(t, w, 422, "invalid"); strings.Join(p.locations(), " ") != "query.at" {
					t.Errorf("%s", w.Body)
				}
			} else if w.Code != 200 || !s.store.auditedAt.Equal(c.want) || s.store.auditedAt.Location() != time.UTC {
				t.Errorf("%d, asked for %s, want %s", w.Code, s.store.auditedAt, c.want)
			}
		})
	}
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	if p := wantProblem(t, s.ask("GET", "/v1/onboardings/user-1/audit", readToken, ""), 422, "invalid"); p.locations()[0] != "query.at" {
		t.Errorf("%+v", p)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	st := newStore("user-1")
	st.explained = onboarding.Explained{
		UserID: "user-1", Stage: onboarding.StageInReview, Rule: "a check is in review", BlockedOn: onboarding.Provider, WaitsFor: "the provider",
		Next: &onboarding.Deadline{Kind: onboarding.DeadlineReconcile, Due: at},
		Checks: []onboarding.CheckExplanation{{
			Check: onboarding.SEPAKYC, Provider: "xgateway", Lists: []string{"require_any"}, Words: onboarding.Words{ProviderStatus: "FULL_USER"},
			Received: at, Status: onboarding.StatusInReview, Rule: "not confirmed", WaitsFor: "the API",
			API: &onboarding.APIExplanation{Unconfirmed: true, Waiting: true, LastTry: "503",
				Last: &onboarding.AnswerView{Asked: at, HTTP: 200, Kind: onboarding.AnswerUnknown, Outcome: onboarding.Noted, Seq: 3}},
		}},
	}
	s := newSetup(t, st, admin.Limits{})
	got := wantJSON[onboarding.Explained](t, s.ask("GET", "/v1/onboardings/user-1/explain", readToken, ""), http.StatusOK)
	if !reflect.DeepEqual(got, st.explained) {
		t.Errorf("%+v", got)
	}
	for want, e := range map[string]onboarding.Explained{
		`"next":null,"checks":[]}`: {},
		`"lists":[]`:               {Checks: []onboarding.CheckExplanation{{Check: onboarding.KYC}}},
		`"api":null`:               {Checks: []onboarding.CheckExplanation{{Check: onboarding.KYC}}},
	} {
		st.explained = e
		if w := s.ask("GET", "/v1/onboardings/user-1/explain", readToken, ""); !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
}
