package provider_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/provider"
)

// known is what the webhooks said, user by user.
type known map[string]client.Onboarding

func (k known) Onboarding(_ context.Context, userID string) (client.Onboarding, bool, error) {
	if userID == "away" {
		return client.Onboarding{}, false, errors.New("no answer")
	}
	o, found := k[userID]
	return o, found, nil
}

func said(check, status, attempt string, reasons ...string) client.Onboarding {
	return client.Onboarding{Checks: map[string]client.Check{check: {ProviderStatus: status, Attempt: attempt, Reasons: reasons}}}
}

// ask asks with a key, which an API wants in lower case.
func ask(t *testing.T, h http.Handler, path, key string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("x-api-key", key)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestAnswersFollowTheWebhooks(t *testing.T) {
	t.Parallel()
	users := known{
		"user-1":   said("kyc", "VERIFIED", ""),
		"user-2":   said("kyc", "NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND", "OTHER"),
		"user-3":   said("kyc", "NOT_VERIFIED", "PENDING"),
		"user/4 ä": said("sepa_kyc", "FULL_USER", ""),
	}
	p100, xgateway := provider.P100("key", users), provider.XGateway("key", users)
	tests := map[string]struct {
		api    http.Handler
		path   string
		status int
		body   string
	}{
		"an overall status":              {p100, "/v1/kyc/status/user-1", 200, `{"verificationStatus":"VERIFIED"}`},
		"an attempt with a reason":       {p100, "/v1/kyc/status/user-2", 200, `"attemptStatus":"REJECTED_BY_PROVIDER","rejectionReason":"NO_FACE_FOUND"`},
		"an attempt without":             {p100, "/v1/kyc/status/user-3", 200, `{"verificationStatus":"NOT_VERIFIED","attemptStatus":"PENDING"}`},
		"a user with nothing from P100":  {p100, "/v1/kyc/status/user%2F4%20%C3%A4", 400, "P412"},
		"nobody at P100":                 {p100, "/v1/kyc/status/user-9", 400, "P412"},
		"Admit is away":                  {p100, "/v1/kyc/status/away", 503, ""},
		"another page":                   {p100, "/v2/kyc/status/user-1", 404, ""},
		"no user":                        {p100, "/v1/kyc/status/", 404, ""},
		"XGateway, an ID to be escaped":  {xgateway, "/api/v2/customer/user%2F4%20%C3%A4/bank-transfer/kyc", 200, `"status":"FULL_USER"`},
		"a user with nothing from there": {xgateway, "/api/v2/customer/user-1/bank-transfer/kyc", 200, `"status":null`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, body := ask(t, test.api, test.path, "key"); status != test.status || !strings.Contains(body, test.body) {
				t.Errorf("the answer is %d %s, want %d with %s", status, body, test.status, test.body)
			}
		})
	}
	if status, _ := ask(t, p100, "/v1/kyc/status/user-1", "another key"); status != http.StatusUnauthorized {
		t.Errorf("another key is answered %d", status)
	}
}

// TestStoryHasTheLastWord holds that the API goes with the webhooks until the story
// says something else.
func TestStoryHasTheLastWord(t *testing.T) {
	t.Parallel()
	users := known{"user-1": said("kyc", "NOT_VERIFIED", "PENDING")}
	api := provider.P100("key", users)
	says := func(want string) {
		t.Helper()
		if _, body := ask(t, api, "/v1/kyc/status/user-1", "key"); !strings.Contains(body, want) {
			t.Errorf("it says %s, want %s", body, want)
		}
	}
	says("PENDING")
	users["user-1"] = said("kyc", "VERIFIED", "SUCCESSFUL")
	says("SUCCESSFUL")
	api.Says("user-1", "EXPIRED")
	says(`{"verificationStatus":"EXPIRED"}`)
	users["user-1"] = said("kyc", "NOT_VERIFIED", "PENDING")
	says(`{"verificationStatus":"EXPIRED"}`)
}
