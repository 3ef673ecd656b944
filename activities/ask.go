package activities

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"admit/onboarding"
)

// questionsInFlight is how many questions to one API are under way in this
// process: some more than the API's client asks at the same time, so that it is
// never idle while questions wait, and few enough that each has its turn before
// its attempt ends.
const questionsInFlight = 8

// complaintEvery is how often one log line may say that an API refuses this
// side's key or address.
const complaintEvery = time.Minute

// Asker asks a provider's API about a user once, within the deadline of ctx, and
// keeps to what the API bears. It never fails: what went wrong is in the Asked.
type Asker interface {
	Ask(ctx context.Context, userID string) Asked
}

// Asked is what came of a question.
type Asked struct {
	HTTP int    // the status of an answer; 0 where there is none
	Body string // of an answer: valid UTF-8, at most 64 KiB

	Class      string        // where there is no answer: why, as a stable short text
	RetryAfter time.Duration // the least wait that the API asked for, 0 if none
	Refused    bool          // the API refuses this side's key or address
}

// AskObservation is what came of one question, for the metrics.
type AskObservation struct {
	Provider string
	Outcome  string // AskAnswered, AskUnauthorized or AskFailed
	Took     time.Duration
}

// The outcomes of a question.
const (
	AskAnswered     = "answered"
	AskUnauthorized = "unauthorized" // the API refuses this side's key or address
	AskFailed       = "failed"       // no answer: asked again
)

// Question is the Sender of a target that is a provider's API. What the API
// answers is accepted as an event; without an answer it is asked again, also where
// it refuses this side's key: that is mended here, and no question is lost to it.
type Question struct {
	Provider string // as the settings call it
	Setting  string // the name of the setting that holds the key
	API      Asker

	Clock   func() time.Time     // nil means time.Now; measures short spans only
	Logger  *slog.Logger         // nil means that nothing is logged
	Observe func(AskObservation) // nil means that nothing is counted

	mu         sync.Mutex
	complained map[string]time.Time // when a class was last complained of
}

// AtOnce implements Limited.
func (*Question) AtOnce() int { return questionsInFlight }

// Send asks once. The question counts as asked when its effect was taken, by the
// database's clock: before it went out.
func (q *Question) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	begun := q.now()
	asked := q.API.Ask(ctx, d.UserID)
	q.observe(asked, q.now().Sub(begun))
	if asked.HTTP == 0 {
		if asked.Refused {
			q.complain(asked.Class)
		}
		tried := failed(asked.Class)
		tried.RetryAfter = asked.RetryAfter
		return tried
	}
	event, err := json.Marshal(onboarding.AnswerBody{Asked: d.Now, HTTP: asked.HTTP, Answer: asked.Body})
	if err != nil {
		return failed("unwritable answer") // a time, a number and a text: never seen
	}
	return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: strconv.Itoa(asked.HTTP), Event: event}
}

func (q *Question) now() time.Time {
	if q.Clock == nil {
		return time.Now()
	}
	return q.Clock()
}

func (q *Question) observe(asked Asked, took time.Duration) {
	if q.Observe == nil {
		return
	}
	o := AskObservation{Provider: q.Provider, Outcome: AskFailed, Took: took}
	switch {
	case asked.HTTP != 0:
		o.Outcome = AskAnswered
	case asked.Refused:
		o.Outcome = AskUnauthorized
	}
	q.Observe(o)
}

// complain says what to do about a refused key, at most once in complaintEvery
// for each class.
func (q *Question) complain(class string) {
	now := q.now()
	q.mu.Lock()
	last, again := q.complained[class]
	due := !again || now.Sub(last) >= complaintEvery
	if due {
		if q.complained == nil {
			q.complained = map[string]time.Time{}
		}
		q.complained[class] = now
	}
	q.mu.Unlock()
	if due && q.Logger != nil {
		q.Logger.Error("the provider's API refuses this side: its answers are missing until this is mended",
			"provider", q.Provider, "class", class, "setting", q.Setting, "do", advice(class))
	}
}

// advice says what mends a 401. The codes are P100's.
func advice(class string) string {
	switch {
	case strings.Contains(class, "xo1"):
		return "the request came without a key: see whether a proxy on the way out drops the header x-api-key"
	case strings.Contains(class, "xo2"):
		return "the key is wrong: compare it with the one that the provider gave out, and see that key and URL are both of production or both of staging"
	case strings.Contains(class, "xo3"):
		return "this address is not allowed: tell the provider from which addresses your requests come"
	}
	return "compare the key with the one that the provider gave out, and ask whether your addresses are allowed"
}
