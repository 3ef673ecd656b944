package cli_test

import (
	"context"
	"encoding/json"
	"time"

	"admit/onboarding"
)

// Audit knows user-1 alone, from at on.
func (s *store) Audit(_ context.Context, userID string, when time.Time) (onboarding.Audit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, found := s.users[userID]
	if !found || when.Before(at) {
		return onboarding.Audit{}, onboarding.ErrNotFound
	}
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	webhook := onboarding.TimelineEntry{Kind: "log", At: at.Add(time.Second), Seq: 2, Input: "p100/kyc-verification", EventID: 2, Received: &at,
		Outcome: onboarding.Applied, PolicyHash: "0123456789abcdef", Build: "v1.2.3", Body: raw(`{"externalUserId":"user-1","verificationStatus":"VERIFIED"}`)}
	hold := onboarding.TimelineEntry{Kind: "log", At: at.Add(time.Hour), Seq: 3, Input: "operator/hold", EventID: 3, Received: &at,
		Outcome: onboarding.Applied, Actor: "clerk", Reason: hostile, PolicyHash: "0123456789abcdef", Build: "v1.2.3", Body: raw(`{"command":"hold"}`)}
	erased := onboarding.TimelineEntry{Kind: "log", At: at, Seq: 1, Input: "xgateway/kyc", EventID: 1, Received: &at, Outcome: onboarding.Applied,
		PolicyHash: "0123456789abcdef", Build: "v1.2.2"}
	return onboarding.Audit{
		UserID: userID, At: when, Onboarding: o,
		Decisions: []onboarding.Decision{
			{About: "stage", Value: raw(`"on_hold"`), Entry: hold},
			{About: "access", Value: raw(`"revoked"`), Entry: hold},
			{About: "checks.kyc", Value: raw(`{"status":"passed"}`), Entry: webhook},
			{About: "checks.sepa_kyc", Value: raw(`{"status":"action_required"}`), Entry: erased, Erased: true},
			{About: "stalled", Value: raw(`true`), Entry: onboarding.TimelineEntry{Kind: "log", At: at, Seq: 4, Input: "deadline/remind", Outcome: onboarding.Applied}},
		},
		Pending:  []onboarding.TimelineEntry{{Kind: "pending", At: at.Add(2 * time.Hour), Input: "p100/poa-verification", EventID: 4, Body: raw(`{"status":"WAITING"}`)}},
		Effects:  []onboarding.TimelineEntry{{Kind: "effect", At: at.Add(time.Hour), Effect: "access.revoked", Target: "core-banking", State: onboarding.EffectWaiting}},
		Policies: map[string]json.RawMessage{"0123456789abcdef": raw(`{"require_any":["kyc"]}`)},
	}, nil
}

// Explain explains user-1 alone.
func (s *store) Explain(_ context.Context, userID string) (onboarding.Explained, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if userID != "user-1" {
		return onboarding.Explained{}, onboarding.ErrNotFound
	}
	return onboarding.Explained{
		UserID: userID, Stage: onboarding.StageInReview, Rule: "a provider is looking: sepa_kyc is in_review", BlockedOn: onboarding.Provider,
		WaitsFor: "the provider, to decide", Next: &onboarding.Deadline{Kind: onboarding.DeadlineReconcile, Check: onboarding.SEPAKYC, Due: at.Add(time.Hour)},
		Checks: []onboarding.CheckExplanation{
			{Check: onboarding.KYC, Provider: "p100", Lists: []string{"require_any"}, Words: onboarding.Words{ProviderStatus: "NOT_VERIFIED", Attempt: "PENDING"},
				Received: at, Status: onboarding.StatusInReview, Rule: "NOT_VERIFIED with PENDING is in_review", WaitsFor: "P100, to decide",
				API: &onboarding.APIExplanation{Waiting: true, LastTry: "http_503"}},
			{Check: onboarding.POA, Provider: "p100", Lists: []string{"require_if_started"}, Status: onboarding.StatusNone, Rule: "nothing was reported"},
			{Check: onboarding.SEPAKYC, Provider: "xgateway", Lists: []string{"require_any", "confirm"}, Received: at, Status: onboarding.StatusInReview,
				Words: onboarding.Words{ProviderStatus: "FULL_USER", Reasons: []string{"BAD_SELFIE"}, DocsMissing: []string{"SELFIE"}},
				Rule:  "FULL_USER passes only when the provider's API says so as well", WaitsFor: "the provider's API, to confirm",
				API: &onboarding.APIExplanation{Unconfirmed: true, Said: &onboarding.Words{ProviderStatus: "KYC_PENDING"}, AgreeAt: at.Add(time.Minute),
					Last: &onboarding.AnswerView{Asked: at, HTTP: 200, Kind: onboarding.AnswerStatus, Words: onboarding.Words{ProviderStatus: "KYC_PENDING"}, Outcome: onboarding.Noted, Reason: "first_answer", Seq: 7}}},
		},
	}, nil
}

// Import keeps users in memory: all or none.
func (s *store) Import(_ context.Context, users []onboarding.ImportUser, dryRun bool, _ string) (onboarding.Imported, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var done onboarding.Imported
	if s.err != nil {
		return done, s.err
	}
	for _, u := range users {
		old, repeated := s.imported[u.UserID]
		_, exists := s.users[u.UserID]
		switch {
		case exists || repeated && old.Import.ID != u.Import.ID:
			done.Existing = append(done.Existing, u.Import.Line)
		case repeated:
			done.Repeated++
		default:
			done.Accepted++
		}
	}
	if dryRun || len(done.Existing) > 0 {
		return done, nil
	}
	for _, u := range users {
		s.imported[u.UserID] = u
	}
	return done, nil
}
