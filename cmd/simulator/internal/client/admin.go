package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pageSize is how many entries of a timeline are asked for at once.
const pageSize = 200

// Admin is Admit's admin listener.
type Admin struct {
	URL   string // without a slash at its end
	Token string
}

// Contact is how a user is reached.
type Contact struct {
	Email  string `json:"email"`
	Locale string `json:"locale"`
}

// Onboarding is one user; what is not read here is left out.
type Onboarding struct {
	Stage     string `json:"stage"`
	BlockedOn string `json:"blockedOn"`
	Access    string `json:"access"`
	Pending   int64  `json:"pending"` // events that are stored and not folded yet
	LastSeq   int64  `json:"lastSeq"` // the last log entry's number

	Checks map[string]Check `json:"checks"` // those that are not none
}

// Check is what a provider said of one check.
type Check struct {
	ProviderStatus string   `json:"providerStatus"`
	Attempt        string   `json:"attempt"`
	Reasons        []string `json:"reasons"`
}

// Entry is one line of a timeline: a log entry, an event that is not folded yet,
// or an effect.
type Entry struct {
	Kind    string    `json:"kind"` // log, pending or effect
	At      time.Time `json:"at"`
	Version int64     `json:"version"` // what ties effects to their log entry

	Seq     int64    `json:"seq"`
	Input   string   `json:"input"` // "p100/kyc-verification", "p100/api", "deadline/remind"
	Outcome string   `json:"outcome"`
	Code    string   `json:"code"` // why, where an outcome has several reasons
	Changes []Change `json:"changes"`

	Effect string `json:"effect"`
	Target string `json:"target"`
	State  string `json:"state"` // waiting, delivered, superseded, parked or shadow
	Answer string `json:"lastAnswer"`
}

// Change is what a log entry changed of a user.
type Change struct {
	Path  string          `json:"path"` // "stage"
	After json.RawMessage `json:"after"`
}

// Report says whether e is of a provider's webhook.
func (e Entry) Report() bool {
	webhooks := strings.HasPrefix(e.Input, "p100/") || strings.HasPrefix(e.Input, "xgateway/")
	return e.Kind == "log" && webhooks && !strings.HasSuffix(e.Input, "/api")
}

// Text returns what became of it where that is a text, else "".
func (c Change) Text() string {
	var text string
	if json.Unmarshal(c.After, &text) != nil {
		return ""
	}
	return text
}

// Ready says whether Admit is ready, and if not why.
func (a Admin) Ready(ctx context.Context) (ready bool, why string) {
	answer, err := send(ctx, http.MethodGet, a.URL+"/readyz", "", "")
	if err != nil {
		return false, err.Error()
	}
	return answer.Status == http.StatusOK, fmt.Sprintf("/readyz answers %d: %s", answer.Status, answer.Body)
}

// Start starts a user's onboarding: 201, or 200 when there is one.
func (a Admin) Start(ctx context.Context, userID string, c Contact) (Answer, error) {
	body, err := json.Marshal(map[string]any{"userId": userID, "contact": c})
	if err != nil {
		return Answer{}, fmt.Errorf("start an onboarding: %w", err)
	}
	return send(ctx, http.MethodPost, a.URL+"/v1/onboardings", a.bearer(), string(body))
}

// Onboarding returns one user; found is false when Admit knows no such one.
func (a Admin) Onboarding(ctx context.Context, userID string) (o Onboarding, found bool, err error) {
	found, err = a.get(ctx, a.Path(userID, ""), &o)
	return o, found, err
}

// Timeline returns all that happened to a user, oldest first, nothing for a user
// that Admit does not know.
func (a Admin) Timeline(ctx context.Context, userID string) ([]Entry, error) {
	var all []Entry
	query := url.Values{"limit": {fmt.Sprint(pageSize)}}
	for {
		var page struct {
			Entries []Entry `json:"entries"`
			Next    string  `json:"next"`
		}
		found, err := a.get(ctx, a.Path(userID, "/timeline")+"?"+query.Encode(), &page)
		if err != nil || !found {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("after", page.Next)
	}
}

// Path returns the URL of a user, with what is behind the ID.
func (a Admin) Path(userID, rest string) string {
	return a.URL + "/v1/onboardings/" + url.PathEscape(userID) + rest
}

func (a Admin) bearer() string { return "Bearer " + a.Token }

// get reads JSON; found is false for a 404.
func (a Admin) get(ctx context.Context, address string, to any) (found bool, err error) {
	answer, err := send(ctx, http.MethodGet, address, a.bearer(), "")
	if err != nil {
		return false, err
	}
	switch answer.Status {
	case http.StatusNotFound:
		return false, nil
	case http.StatusOK:
	default:
		return false, fmt.Errorf("GET %s answers %d: %s", address, answer.Status, answer.Body)
	}
	if err := json.Unmarshal([]byte(answer.Body), to); err != nil {
		return false, fmt.Errorf("read the answer to GET %s: %w", address, err)
	}
	return true, nil
}
