package story_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/story"
)

var secrets = story.Secrets{P100: "token", XGateway: "secret"}

// admit is an Admit that does what the story wants, step by step, but for what a
// test changes with spoil. It is also the merchant's system.
type admit struct {
	users     map[string]story.User
	next      map[string]int // the step that is due
	state     map[string]client.Onboarding
	timelines map[string][]client.Entry
	// spoil may change what a step leads to; nil changes nothing.
	spoil  func(s story.Step, w *story.Want)
	effect string // the state in which effects stay; "" for delivered
	deaf   bool   // hooks never arrive at the merchant's system
}

func newAdmit(users []story.User) *admit {
	a := &admit{
		users: map[string]story.User{}, next: map[string]int{},
		state: map[string]client.Onboarding{}, timelines: map[string][]client.Entry{}, effect: "delivered",
	}
	for _, u := range users {
		a.users[u.ID] = u
	}
	return a
}

func (a *admit) Post(_ context.Context, path, authorization, body string) (client.Answer, error) {
	for id, u := range a.users {
		i := a.next[id]
		if i >= len(u.Steps) || u.Steps[i].Path != path || u.Steps[i].Body != body || u.Steps[i].Token != authorization {
			continue
		}
		a.next[id]++
		w := a.become(id, u.Steps[i], path)
		return client.Answer{Status: w.Status, Body: w.Answer}, nil
	}
	return client.Answer{}, fmt.Errorf("nobody sends %s to %s now", body, path)
}

// become takes a user to where a step leads.
func (a *admit) become(id string, s story.Step, path string) story.Want {
	w := s.Want
	if a.spoil != nil {
		a.spoil(s, &w)
	}
	if w.Outcome == "" {
		return w
	}
	o := a.state[id]
	o.Stage, o.BlockedOn, o.Access, o.LastSeq = w.Stage, w.Blocked, w.Access, o.LastSeq+1
	a.state[id] = o
	input := "p100/x"
	switch path {
	case story.PathXGateway:
		input = "xgateway/kyc"
	case "":
		input = "deadline/remind"
	}
	a.timelines[id] = append(a.timelines[id], client.Entry{Kind: "log", Seq: o.LastSeq, Input: input, Outcome: w.Outcome, Version: o.LastSeq})
	for _, target := range w.Told {
		a.timelines[id] = append(a.timelines[id], client.Entry{Kind: "effect", Version: o.LastSeq, Target: target, State: a.effect})
	}
	return w
}

func (a *admit) Start(_ context.Context, id string, _ client.Contact) (client.Answer, error) {
	if _, exists := a.state[id]; exists {
		return client.Answer{Status: http.StatusOK}, nil
	}
	a.state[id] = client.Onboarding{Stage: "collecting", BlockedOn: "user", Access: "none", LastSeq: 1}
	a.timelines[id] = []client.Entry{{Kind: "log", Seq: 1, Input: "merchant/start", Outcome: "applied", Version: 1}}
	return client.Answer{Status: http.StatusCreated}, nil
}

func (a *admit) Onboarding(_ context.Context, id string) (client.Onboarding, bool, error) {
	o, found := a.state[id]
	return o, found, nil
}

// Timeline lets the reminder be due of a user who has nothing else to come.
func (a *admit) Timeline(_ context.Context, id string) ([]client.Entry, error) {
	if u := a.users[id]; a.next[id] < len(u.Steps) && u.Steps[a.next[id]].Path == "" {
		a.become(id, u.Steps[a.next[id]], "")
		a.next[id]++
	}
	return a.timelines[id], nil
}

func (a *admit) Access(id string) string {
	if o, found := a.state[id]; found && !a.deaf {
		return o.Access
	}
	return "none"
}

// play plays users against a.
func (a *admit) play(t *testing.T, users []story.User) story.Result {
	t.Helper()
	p := story.Player{Public: a, Admin: a, Downstream: a, Say: t.Logf}
	r, err := p.Play(t.Context(), users)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// exist has a know users before anybody plays.
func (a *admit) exist(ids ...string) {
	for _, id := range ids {
		a.state[id] = client.Onboarding{Stage: "closed", BlockedOn: "nobody", Access: "revoked", LastSeq: 9}
	}
}
