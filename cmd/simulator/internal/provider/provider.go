// Package provider plays the APIs of both providers, which Admit asks what they
// think of a user. About a user of whom the story says nothing else they say what
// the webhooks said, as Admit knows it: so they agree with what a reader sends by
// hand, too.
package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"admit/cmd/simulator/internal/client"
	"admit/providers/providerstest"
)

// Known tells what the webhooks said of a user.
type Known interface {
	Onboarding(ctx context.Context, userID string) (o client.Onboarding, found bool, err error)
}

// API is a provider's API. It is an http.Handler and safe for concurrent use.
type API struct {
	fake  *providerstest.Fake
	known Known
	words words

	mu   sync.Mutex
	said map[string]bool // users of whom the story says something
}

// words is how a provider speaks.
type words struct {
	check          string // the one that it answers for
	prefix, suffix string // of the path, around the user
	reply          func(c client.Check) providerstest.Reply
}

// P100 returns P100's API for those who have the key.
func P100(key string, known Known) *API {
	return &API{fake: providerstest.NewP100(key), known: known, said: map[string]bool{}, words: words{
		check: "kyc", prefix: "/v1/kyc/status/",
		reply: func(c client.Check) providerstest.Reply {
			if c.Attempt == "" {
				return providerstest.P100Status(c.ProviderStatus)
			}
			reason := ""
			if len(c.Reasons) > 0 {
				reason = c.Reasons[0]
			}
			return providerstest.P100Attempt(c.ProviderStatus, c.Attempt, reason)
		},
	}}
}

// XGateway returns XGateway's API for those who have the key.
func XGateway(key string, known Known) *API {
	return &API{fake: providerstest.NewXGateway(key), known: known, said: map[string]bool{}, words: words{
		check: "sepa_kyc", prefix: "/api/v2/customer/", suffix: "/bank-transfer/kyc",
		reply: func(c client.Check) providerstest.Reply { return providerstest.XGatewayStatus(c.ProviderStatus) },
	}}
}

// Says has the API say another status of a user from now on than the webhooks.
func (a *API) Says(userID, status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said[userID] = true
	a.fake.Answer(userID, a.words.reply(client.Check{ProviderStatus: status}))
}

// ServeHTTP answers one question.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if userID, ok := a.user(r); ok {
		a.follow(r.Context(), userID)
	}
	a.fake.ServeHTTP(w, r)
}

// user returns whom a question is about; what is none is left to the fake.
func (a *API) user(r *http.Request) (userID string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), a.words.prefix)
	segment, ok2 := strings.CutSuffix(rest, a.words.suffix)
	userID, err := url.PathUnescape(segment)
	return userID, ok && ok2 && err == nil
}

// follow has the fake say what the webhooks said of a user. One of whom they said
// nothing is not known.
func (a *API) follow(ctx context.Context, userID string) {
	o, found, err := a.known.Onboarding(ctx, userID)
	a.mu.Lock()
	defer a.mu.Unlock()
	c := o.Checks[a.words.check]
	switch {
	case a.said[userID]:
	case err != nil:
		a.fake.Answer(userID, providerstest.Away)
	case !found || c.ProviderStatus == "":
		a.fake.Answer(userID)
	default:
		a.fake.Answer(userID, a.words.reply(c))
	}
}
