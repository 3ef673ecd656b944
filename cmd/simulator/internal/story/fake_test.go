package story_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/story"
)

var secrets = story.Secrets{P100: "token", XGateway: "secret"}

// began is when the first thing happened.
var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var errTyped = errors.New("another exit code")

// admit is an Admit that does what the story wants, step by step, but for what a
// test changes with spoil. What the story waits for comes as soon as it is looked
// at. It is also the merchant's system, P100's API and where operators type.
type admit struct {
	users     map[string]story.User
	next      map[string]int // the step that is due
	state     map[string]client.Onboarding
	timelines map[string][]client.Entry
	// spoil may change what a step leads to; nil changes nothing.
	spoil  func(s story.Step, w *story.Want)
	effect string // the state in which effects stay; "" for delivered
	deaf   bool   // hooks never arrive at the merchant's system
	never  string // the input that never comes
	wrong  string // the command that ends otherwise than it must

	did []string // what the story did, in its order
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
		a.did = append(a.did, id+": "+u.Steps[i].Words)
		w := a.become(id, u.Steps[i])
		return client.Answer{Status: w.Status, Body: w.Answer}, nil
	}
	return client.Answer{}, fmt.Errorf("nobody sends %s to %s now", body, path)
}

// become takes a user to where a step leads.
func (a *admit) become(id string, s story.Step) story.Want {
	a.next[id]++
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
	input := s.Awaits.Input
	switch s.Path {
	case "":
	case story.PathXGateway:
		input = "xgateway/kyc"
	default:
		input = "p100/x"
	}
	change := func(path, after string) client.Change {
		return client.Change{Path: path, After: json.RawMessage(strconv.Quote(after))}
	}
	a.timelines[id] = append(a.timelines[id], client.Entry{
		Kind: "log", At: began.Add(time.Duration(o.LastSeq) * time.Minute), Seq: o.LastSeq, Input: input, Outcome: w.Outcome, Code: s.Awaits.Code, Version: o.LastSeq,
		Changes: []client.Change{change("stage", w.Stage), change("blockedOn", w.Blocked), change("access", w.Access), {Path: "version", After: json.RawMessage("1")}},
	}, client.Entry{Kind: "effect", Version: o.LastSeq, Target: "p100-api", State: "delivered"})
	for _, target := range w.Told {
		a.timelines[id] = append(a.timelines[id], client.Entry{Kind: "effect", Version: o.LastSeq, Target: target, State: a.effect})
	}
	return w
}

// Says writes down what P100's API is to say.
func (a *admit) Says(userID, status string) {
	a.did = append(a.did, userID+": the API is to say "+status)
}

// Type does what the command leads to for the user whose turn it is.
func (a *admit) Type(_ context.Context, o story.Order) error {
	if o.Args[0] == a.wrong {
		return errTyped
	}
	a.did = append(a.did, o.By+" types "+strings.Join(o.Args, " "))
	for id, u := range a.users {
		if i := a.next[id]; i < len(u.Steps) && u.Steps[i].Order != nil && reflect.DeepEqual(*u.Steps[i].Order, o) {
			a.become(id, u.Steps[i])
			return nil
		}
	}
	if o.Args[0] != "import" {
		return fmt.Errorf("nobody types %q now", o.Args)
	}
	return nil
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

// Timeline lets come what is waited for of a user who has nothing else to come.
func (a *admit) Timeline(_ context.Context, id string) ([]client.Entry, error) {
	u := a.users[id]
	for i := a.next[id]; i < len(u.Steps) && u.Steps[i].Path == "" && u.Steps[i].Order == nil && u.Steps[i].Awaits.Input != a.never; i++ {
		a.become(id, u.Steps[i])
	}
	return a.timelines[id], nil
}

func (a *admit) Access(id string) string {
	if o, found := a.state[id]; found && !a.deaf {
		return o.Access
	}
	return "none"
}

func (a *admit) player(t *testing.T) *story.Player {
	return &story.Player{Public: a, Admin: a, Downstream: a, Provider: a, Console: a, Say: t.Logf}
}

// play plays users against a.
func (a *admit) play(t *testing.T, users []story.User) story.Result {
	t.Helper()
	r, err := a.player(t).Play(t.Context(), users)
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
