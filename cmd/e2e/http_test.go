package e2e_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Paths of the webhooks.
const (
	pathKYC      = "/webhook/kyc-verification/status"
	pathFiles    = "/webhook/kyc-files/status"
	pathPOA      = "/webhook/poa-verification/status"
	pathHighRisk = "/user-manual-verification-status-webhook"
	pathAccount  = "/webhook/user/status"
	pathXGateway = "/handle-kyc-status"
)

// answer is what a listener answered.
type answer struct {
	status int
	body   string
	header http.Header
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// code returns the stable code of a refusal, "" where there is none.
func (a answer) code() string {
	var problem struct{ Code string }
	// What is no problem has no code.
	_ = json.Unmarshal([]byte(a.body), &problem)
	return problem.Code
}

// send makes one request. The error is of the transport: nobody answered.
func (s *system) send(method, address string, header http.Header, body io.Reader) (answer, error) {
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close() // it is read to its end
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(text), res.Header}, err
}

// post sends a webhook as P100 does.
func (s *system) post(path, body string) (answer, error) {
	return s.send(http.MethodPost, "http://"+s.public+path,
		http.Header{"Authorization": {p100Token}, "Content-Type": {"application/json"}}, bytes.NewReader([]byte(body)))
}

// accepted posts a webhook that must be answered 200.
func (s *system) accepted(path, body string) answer {
	s.t.Helper()
	a, err := s.post(path, body)
	if err != nil || a.status != http.StatusOK {
		s.t.Fatalf("POST %s: %v, %v", path, a, err)
	}
	return a
}

// kyc is the body of P100's KYC verification status; an empty attempt is left
// out.
func kyc(user, status, attempt string) string {
	m := map[string]string{"externalUserId": user, "verificationStatus": status}
	if attempt != "" {
		m["attemptStatus"] = attempt
	}
	return encode(m)
}

// status is the body of P100's other webhooks.
func status(user, status string) string {
	return encode(map[string]string{"externalUserId": user, "status": status})
}

// hash is what XGateway proves itself with.
func hash(customer string) string {
	sum := sha512.Sum512([]byte(customer + "." + xgatewaySecret))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return string(text)
}

// get asks the admin listener with a token, or without for "".
func (s *system) get(address, token string) (status int, body string, err error) {
	a, err := s.send(http.MethodGet, address, bearer(token), nil)
	return a.status, a.body, err
}

func bearer(token string) http.Header {
	if token == "" {
		return http.Header{}
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}

// view is one onboarding as the admin API shows it.
type view struct {
	UserID        string
	Stage         string
	BlockedOn     string
	Access        string
	AccessVersion int64
	Stalled       bool
	Reversed      bool
	Pending       int64
	Events        int64
	LastSeq       int64
	Version       int64
	Checks        map[string]struct {
		Status, ProviderStatus, Attempt string
		Reasons, DocsMissing            []string
	}
}

// entry is one line of a timeline.
type entry struct {
	Kind                              string
	At                                time.Time
	Seq, EventID, EffectID, Version   int64
	Input, Outcome, Code, Reason      string
	Actor, RequestID                  string
	Effect, Target, State, LastAnswer string
	Key                               string
	Attempts                          int
	DoneAt, NextTry                   *time.Time
	Body                              json.RawMessage
}

// see asks for one onboarding.
func (s *system) see(user string) (view, error) {
	var v view
	return v, s.getJSON("/v1/onboardings/"+url.PathEscape(user), &v)
}

// timeline asks for all pages of a user's timeline.
func (s *system) timeline(user string) ([]entry, error) {
	var all []entry
	after := ""
	for {
		var page struct {
			Entries []entry
			Next    string
		}
		path := "/v1/onboardings/" + url.PathEscape(user) + "/timeline?limit=200&after=" + url.QueryEscape(after)
		if err := s.getJSON(path, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == "" {
			return all, nil
		}
		after = page.Next
	}
}

func (s *system) getJSON(path string, to any) error {
	status, body, err := s.get("http://"+s.admin+path, readerToken)
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return fmt.Errorf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), to); err != nil {
		return fmt.Errorf("GET %s: %w in %s", path, err, body)
	}
	return nil
}

// sees waits until the onboarding of a user is as check wants it.
func (s *system) sees(user, what string, check func(view) bool) view {
	s.t.Helper()
	var v view
	eventually(s.t, user+" is "+what, func() (err error) {
		if v, err = s.see(user); err != nil {
			return err
		}
		if !check(v) {
			return fmt.Errorf("it shows %+v", v)
		}
		return nil
	})
	return v
}

// command sends an operator's command.
func (s *system) command(user string, body map[string]string) answer {
	s.t.Helper()
	h := bearer(operatorToken)
	h.Set("Content-Type", "application/json")
	a, err := s.send(http.MethodPost, "http://"+s.admin+"/v1/onboardings/"+url.PathEscape(user)+"/commands", h,
		bytes.NewReader([]byte(encode(body))))
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}
