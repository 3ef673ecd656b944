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
	Answered   bool          // HTTP and Body are an answer, be it that the user is not known
	HTTP       int           // the status code, 0 where none came
	Body       string        // of an answer: valid UTF-8, at most 64 KiB
	Class      string        // where there is no answer: why, as a stable short text
	RetryAfter time.Duration // the least wait before the next try, 0 if none
	OwnMistake bool          // the API refuses this side's key or address, or something else answered
}

// Classes of a question that was not answered because of somebody's limits.
const (
	classTooMany = "429"  // the API's
	classBusy    = "busy" // this process's: the question was not sent
)

// AskObservation is what came of one question, for the metrics.
type AskObservation struct {
	Provider string
	Outcome  AskOutcome
	Took     time.Duration
}

// AskOutcome is the class of a question's end.
type AskOutcome string

// The outcomes of a question; all but the first are asked again.
const (
	AskAnswered     AskOutcome = "answered"
	AskUnauthorized AskOutcome = "unauthorized" // the API refuses this side's key or address
	AskLimited      AskOutcome = "limited"      // too many questions, for the API or for this process
	AskFailed       AskOutcome = "failed"
)

// AskOutcomes lists every outcome.
var AskOutcomes = [...]AskOutcome{AskAnswered, AskUnauthorized, AskLimited, AskFailed}

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
func (*Question) AtOnce(onboarding.Lane) int { return questionsInFlight }

// PerSecond implements Limited: the API's client keeps to its rate itself.
func (*Question) PerSecond() float64 { return 0 }

// Send asks once. The question counts as asked when its effect was taken, by the
// database's clock: before it went out.
func (q *Question) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	begun := q.now()
	asked := q.API.Ask(ctx, d.UserID)
	q.observe(asked, q.now().Sub(begun))
	if !asked.Answered {
		if asked.OwnMistake {
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
	case asked.Answered:
		o.Outcome = AskAnswered
	case asked.OwnMistake:
		o.Outcome = AskUnauthorized
	case asked.Class == classTooMany, asked.Class == classBusy:
		o.Outcome = AskLimited
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

// advice says what mends it: a 401, whose codes are P100's, or an answer that is
// not the API's.
func advice(class string) string {
	switch {
	case strings.Contains(class, "xo1"):
		return "the request came without a key: see whether a proxy on the way out drops the header x-api-key"
	case strings.Contains(class, "xo2"):
		return "the key is wrong: compare it with the one that the provider gave out, and see that key and URL are both of production or both of staging"
	case strings.Contains(class, "xo3"):
		return "this address is not allowed: tell the provider from which addresses your requests come"
	case strings.HasPrefix(class, "http "):
		return "something that is not the API answered: see whether the API's URL is right and nothing on the way out forbids the call"
	}
	return "compare the key with the one that the provider gave out, and ask whether your addresses are allowed"
}
