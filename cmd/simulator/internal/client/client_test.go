package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"admit/cmd/simulator/internal/client"
)

const token = "token-0123456789"

// serve answers every request with what the function returns.
func serve(t *testing.T, answer func(r *http.Request, body string) (int, string)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status, text := answer(r, string(body))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the client tells when it gets nothing
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestHash has a vector computed by another program.
func TestHash(t *testing.T) {
	t.Parallel()
	const want = "a+NSx3EISiY6ASoGD/4v5HzqpGR/r9IyNRmDN0QBUGvw0zi9JlVbpDGlM8W8V4MdLiQmj2E/4+xZd/5MbK8Zrw=="
	if got := client.Hash("demo_customer_id", "test_secret"); got != want {
		t.Errorf("Hash = %s, want %s", got, want)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	url := serve(t, func(r *http.Request, body string) (int, string) {
		return http.StatusTeapot, fmt.Sprintf("%s %s %s %s %s\n", r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body)
	})
	got, err := client.Public{URL: url}.Post(t.Context(), "/webhook", "secret", "{}")
	if want := (client.Answer{Status: http.StatusTeapot, Body: "POST /webhook secret application/json {}"}); err != nil || got != want {
		t.Errorf("Post = %+v, %v, want %+v", got, err, want)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	url := serve(t, func(r *http.Request, body string) (int, string) {
		var got struct {
			UserID  string         `json:"userId"`
			Contact client.Contact `json:"contact"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.UserID != "u" || got.Contact != (client.Contact{Email: "user@example.com", Locale: "de"}) {
			t.Errorf("the body is %s, %v", body, err)
		}
		if r.Method+" "+r.URL.Path != "POST /v1/onboardings" || r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("the request is %s %s", r.Method, r.URL.Path)
		}
		return http.StatusCreated, "{}"
	})
	admin := client.Admin{URL: url, Token: token}
	if got, err := admin.Start(t.Context(), "u", client.Contact{Email: "user@example.com", Locale: "de"}); err != nil || got.Status != http.StatusCreated {
		t.Errorf("Start = %+v, %v", got, err)
	}
}

func TestOnboarding(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		found  bool
		fails  string
	}{
		"known": {http.StatusOK, `{"stage":"approved","blockedOn":"nobody","access":"granted","pending":2,"lastSeq":7,"new":1,
			"checks":{"kyc":{"status":"action_required","providerStatus":"NOT_VERIFIED","attempt":"REJECTED_BY_PROVIDER","reasons":["NO_FACE_FOUND"]}}}`, true, ""},
		"unknown": {http.StatusNotFound, `{"code":"not_found"}`, false, ""},
		"refused": {http.StatusUnauthorized, "no", false, "answers 401: no"},
		"no JSON": {http.StatusOK, "hello", false, "read the answer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(r *http.Request, _ string) (int, string) {
				if got := r.URL.EscapedPath(); got != "/v1/onboardings/a%2Fb%20c" {
					t.Errorf("the path is %s", got)
				}
				return test.status, test.body
			})
			o, found, err := client.Admin{URL: url, Token: token}.Onboarding(t.Context(), "a/b c")
			if found != test.found || (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("found %t, %v", found, err)
			}
			want := client.Onboarding{Stage: "approved", BlockedOn: "nobody", Access: "granted", Pending: 2, LastSeq: 7, Checks: map[string]client.Check{
				"kyc": {ProviderStatus: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}}}}
			if test.found && !reflect.DeepEqual(o, want) {
				t.Errorf("got %+v, want %+v", o, want)
			}
		})
	}
}

func TestTimelineReadsEveryPage(t *testing.T) {
	t.Parallel()
	url := serve(t, func(r *http.Request, _ string) (int, string) {
		switch r.URL.Query().Get("after") {
		case "":
			return http.StatusOK, `{"entries":[{"kind":"log","seq":1,"input":"p100/kyc-verification","outcome":"applied","version":1,
				"changes":[{"path":"stage","before":"","after":"approved"}]}],"next":"a b"}`
		case "a b":
			return http.StatusOK, `{"entries":[{"kind":"effect","effect":"access.granted","target":"core-banking","state":"delivered","version":1}],"next":""}`
		}
		return http.StatusBadRequest, "no such page"
	})
	got, err := client.Admin{URL: url, Token: token}.Timeline(t.Context(), "u")
	if err != nil || len(got) != 2 || got[0].Outcome != "applied" || string(got[0].Changes[0].After) != `"approved"` || got[1].Target != "core-banking" {
		t.Errorf("Timeline = %+v, %v", got, err)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	url := serve(t, func(*http.Request, string) (int, string) { return http.StatusServiceUnavailable, "no Temporal" })
	if ready, why := (client.Admin{URL: url}).Ready(t.Context()); ready || why != "/readyz answers 503: no Temporal" {
		t.Errorf("Ready = %t, %q", ready, why)
	}
	url = serve(t, func(*http.Request, string) (int, string) { return http.StatusOK, "{}" })
	if ready, _ := (client.Admin{URL: url}).Ready(t.Context()); !ready {
		t.Error("Ready = false after a 200")
	}
}
