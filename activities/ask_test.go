package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// askFunc is an Asker.
type askFunc func(ctx context.Context, userID string) activities.Asked

func (f askFunc) Ask(ctx context.Context, userID string) activities.Asked { return f(ctx, userID) }

// question is a delivery of a question about user-1.
func question() onboarding.Delivery {
	return onboarding.Delivery{ID: 3, Key: "user-1/2/ask.p100/p100-api", UserID: "user-1", Target: onboarding.P100Target,
		Lane: onboarding.LaneRest, Name: onboarding.EffectAskP100, Created: decided, Now: decided.Add(time.Minute)}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	const body = `{"errorCode":"P445","errorName":"kyc-not-found"}`
	tests := []struct {
		name    string
		asked   activities.Asked
		want    onboarding.Attempt // without the event
		outcome activities.AskOutcome
	}{
		{"answered", activities.Asked{Answered: true, HTTP: 200, Body: `{"status":"VERIFIED"}`},
			onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200"}, activities.AskAnswered},
		{"answered with an error", activities.Asked{Answered: true, HTTP: 404, Body: body},
			onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "404"}, activities.AskAnswered},
		{"away", activities.Asked{Class: "P501", RetryAfter: time.Minute},
			onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "P501", RetryAfter: time.Minute}, activities.AskFailed},
		{"an answer that broke off", activities.Asked{HTTP: 200, Class: "broken connection"},
			onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "broken connection"}, activities.AskFailed},
		{"too many", activities.Asked{HTTP: 429, Class: "429", RetryAfter: time.Hour},
			onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "429", RetryAfter: time.Hour}, activities.AskLimited},
		{"not sent", activities.Asked{Class: "busy"},
			onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "busy"}, activities.AskLimited},
		{"the key is refused", activities.Asked{Class: "401 xo2: wrong key", OwnMistake: true},
			onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "401 xo2: wrong key"}, activities.AskUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen []activities.AskObservation
			now := decided
			q := &activities.Question{
				Provider: "p100", Setting: "ADMIT_P100_API_KEY", Clock: func() time.Time { return now },
				API: askFunc(func(_ context.Context, userID string) activities.Asked {
					if userID != "user-1" {
						t.Errorf("asked about %q", userID)
					}
					now = now.Add(time.Second)
					return tt.asked
				}),
				Observe: func(o activities.AskObservation) { seen = append(seen, o) },
			}
			got := q.Send(t.Context(), question())
			checkAnswer(t, got.Event, tt.asked)
			if got.Event = nil; !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
			if want := (activities.AskObservation{Provider: "p100", Outcome: tt.outcome, Took: time.Second}); len(seen) != 1 || seen[0] != want {
				t.Errorf("observed %+v, want %+v", seen, want)
			}
		})
	}
}

// checkAnswer holds that the event is what was answered, and that there is none
// without an answer.
func checkAnswer(t *testing.T, event []byte, asked activities.Asked) {
	t.Helper()
	if (event != nil) != asked.Answered {
		t.Errorf("event %s", event)
	}
	if event == nil {
		return
	}
	var answer onboarding.AnswerBody
	if err := json.Unmarshal(event, &answer); err != nil {
		t.Fatal(err)
	}
	if want := (onboarding.AnswerBody{Asked: decided.Add(time.Minute), HTTP: asked.HTTP, Answer: asked.Body}); answer != want {
		t.Errorf("event %+v, want %+v", answer, want)
	}
}

// TestRefusedKey holds what the log says of a refused key: what to do, and not
// more often than once a minute.
func TestRefusedKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ class, want string }{
		{"401 xo1: no key", "came without a key"},
		{"401 xo2: wrong key", "the key is wrong"},
		{"401 xo3: this address is not allowed", "from which addresses"},
		{"401", "compare the key"},
		{"http 404", "whether the API's URL is right"},
	} {
		t.Run(tt.class, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			now := decided
			q := &activities.Question{
				Provider: "p100", Setting: "ADMIT_P100_API_KEY", Clock: func() time.Time { return now },
				API: askFunc(func(context.Context, string) activities.Asked {
					return activities.Asked{Class: tt.class, OwnMistake: true}
				}),
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			}
			for range 5 {
				q.Send(t.Context(), question())
				now = now.Add(20 * time.Second)
			}
			if got := log.String(); strings.Count(got, "\n") != 2 || strings.Count(got, tt.want) != 2 || !strings.Contains(got, "ADMIT_P100_API_KEY") {
				t.Errorf("the log says\n%s", got)
			}
		})
	}
}

// TestDeliverAnswer holds that the workflow is called back to fold an answer, at
// once and whatever else waits in the lane.
func TestDeliverAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(2)}, always(onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200", Event: []byte(`{"http":200}`)}))
	r, err := b.deliver(t, t.Context())
	if err != nil || !r.Left || len(b.sent) != 1 || len(b.ledger.takes) != 1 {
		t.Fatalf("Deliver = %+v, %v, sent %v", r, err, b.sent)
	}
	if got := string(b.ledger.attempts[0].Event); got != `{"http":200}` {
		t.Errorf("recorded the event %s", got)
	}
}

// TestQuestionsAtOnce holds that a Limited sender has its own limit.
func TestQuestionsAtOnce(t *testing.T) {
	t.Parallel()
	asking := make(chan struct{})
	answer := make(chan struct{})
	q := &activities.Question{API: askFunc(func(context.Context, string) activities.Asked {
		asking <- struct{}{}
		<-answer
		return activities.Asked{Answered: true, HTTP: 200, Body: "{}"}
	})}
	b := newBench(&ledger{}, nil)
	b.Ledger, b.Senders["core"], b.InFlight, b.Observe = endless{}, q, 1000, nil
	ended := make(chan error, q.AtOnce(onboarding.LaneRest))
	for range q.AtOnce(onboarding.LaneRest) {
		go func() { _, err := b.deliver(t, context.WithoutCancel(t.Context())); ended <- err }()
		<-asking
	}
	_, err := b.deliver(t, t.Context())
	wantWaiting(t, err, activities.Crowded(ref, 1, 0))
	close(answer)
	for range q.AtOnce(onboarding.LaneRest) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// endless is a ledger that always has a question.
type endless struct{}

func (endless) Take(context.Context, onboarding.LaneRef, string, time.Duration) (onboarding.Taken, error) {
	d := question()
	d.Target = ref.Target
	return onboarding.Taken{Delivery: &d}, nil
}

func (endless) Touch(context.Context, onboarding.LaneRef, time.Duration) error { return nil }

func (endless) Record(context.Context, int64, string, onboarding.Attempt) (time.Duration, error) {
	return 0, nil
}
