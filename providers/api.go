package providers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"admit/onboarding"
)

// What an APIConfig leaves out, and the longest answer that is kept, in bytes.
const (
	apiTimeout   = 5 * time.Second
	apiAtOnce    = 4
	apiPerSecond = 5
	apiAgent     = "Admit"

	maxAPIAnswer = 64 << 10
)

// Classes of a question without an answer that are no HTTP status, beside those
// of the connection. They are shown in the ledger and never change.
const (
	classBusy    = "busy" // Admit's own limits: the question was not sent
	classTooMany = "429"  // the provider's, or Admit's while the provider's stands
	classKey     = "401"
	classUserID  = "unusable user ID"
)

// APIConfig says how a provider's API is asked.
type APIConfig struct {
	// URL is the API's address, http or https, up to where its own paths begin:
	// "https://partner-api.p100.io" or "https://api.xgateway.tech". The version that
	// those paths begin with ("/v1", "/api/v2") may stand at its end.
	URL string
	Key string // sent as x-api-key with every question
	// Agent is the User-Agent, "Admit" unless given.
	Agent string

	Timeout   time.Duration // of one question, the wait for its turn not included: 5 s unless given
	AtOnce    int           // questions under way at the same time: 4 unless given
	PerSecond float64       // questions sent in a second: 5 unless given

	// Transport carries the questions; unless given one of its own, which uses the
	// proxy of the environment: P100 answers registered addresses alone.
	Transport http.RoundTripper
	Clock     func() time.Time // time.Now unless given
}

// Asked is what came of one question: an answer that is to be stored, or none, and
// then the question is to be asked again.
type Asked struct {
	// Answered says that HTTP and Body are an answer, be it that the user is not
	// known or nothing that this build can read. Else Class says why there is none.
	Answered bool
	// HTTP is the status code, 0 where none came.
	HTTP int
	// Body is an answer's body, at most 64 KiB of it, in valid UTF-8; "" where there
	// is no answer. It may hold personal data: store it, never log it.
	Body string
	// Class is short and stable, for the ledger and for metrics: "P501", "http 503",
	// "429", "401 xo3: this address is not allowed", "timeout", "refused connection",
	// "busy". It holds no address, no body and no key; "" where there is an answer.
	Class string
	// RetryAfter is the least wait before the next try: what the provider asked for,
	// at most an hour, or how long Admit's own limits take; 0 if there is none.
	RetryAfter time.Duration
	// OwnMistake says that the API refuses the key or the address that the question
	// came from, or that something else answered in its place: no repetition helps
	// until somebody mends that.
	OwnMistake bool
}

// dialect is what the APIs of two providers differ in.
type dialect struct {
	provider string
	version  string                      // what the API's own paths begin with
	path     func(segment string) string // of the question about a user, behind the version
	// fault names what the body of an error says where that means that there is no
	// answer; "" where it says nothing of the kind.
	fault func(status int, body []byte) string
}

// API asks a provider's API what it knows of a user. It is safe for concurrent
// use and holds the provider's limits for all who share it.
type API struct {
	dialect dialect
	base    string
	key     string
	agent   string
	timeout time.Duration
	turns   *turns
	clock   func() time.Time
	client  *http.Client
}

// newAPI returns the client of an API, or every mistake in its configuration,
// none of them with the key or the address in its text.
func newAPI(c APIConfig, d dialect) (*API, error) {
	base, err := c.base(d.version)
	if err := errors.Join(err, c.problems()); err != nil {
		return nil, fmt.Errorf("the API of %s: %w", d.provider, err)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Transport == nil {
		c.Transport = apiTransport()
	}
	timeout := cmp.Or(c.Timeout, apiTimeout)
	return &API{
		dialect: d, base: base, key: c.Key, agent: cmp.Or(c.Agent, apiAgent), timeout: timeout, clock: c.Clock,
		turns: newTurns(cmp.Or(c.AtOnce, apiAtOnce), cmp.Or(c.PerSecond, apiPerSecond), timeout, c.Clock),
		client: &http.Client{
			Transport: c.Transport,
			// A redirect would carry the key to where nobody configured it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// base returns the address that a dialect's paths are put behind.
func (c APIConfig) base(version string) (string, error) {
	// An error of the parser would hold the URL, which may hold a password.
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return "", errors.New("the url cannot be read")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "", errors.New("the url is not an absolute http or https one")
	case u.User != nil:
		return "", errors.New("the url holds a user name or password: the key proves who asks")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("the url holds a query or a fragment")
	}
	path := strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), version)
	return u.Scheme + "://" + u.Host + strings.TrimRight(path, "/") + version, nil
}

func (c APIConfig) problems() error {
	var problems []error
	switch {
	case c.Key == "":
		problems = append(problems, errors.New("the key is missing"))
	case strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		problems = append(problems, errors.New("the key holds a blank, a line break or what is no ASCII"))
	}
	if c.Timeout < 0 || c.AtOnce < 0 || c.PerSecond < 0 {
		problems = append(problems, errors.New("a limit is below zero"))
	}
	return errors.Join(problems...)
}

// Provider returns the name of the provider whose API this is.
func (a *API) Provider() string { return a.dialect.provider }

// Close lets go of the connections that are idle.
func (a *API) Close() { a.client.CloseIdleConnections() }

// Ask asks once what the provider knows of a user. It returns when ctx ends at
// the latest, and waits for its turn for at most half of the time that ctx leaves,
// so that the question has the rest.
func (a *API) Ask(ctx context.Context, userID string) Asked {
	if err := onboarding.CheckUserID(userID); err != nil {
		return Asked{Class: classUserID} // no such user was ever accepted, so this is never seen
	}
	leave, refused := a.turns.take(ctx)
	if leave == nil {
		return refused
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	asked := a.question(ctx, userID)
	if asked.RetryAfter > 0 {
		a.turns.pause(asked.RetryAfter)
	}
	return asked
}

// question sends one question and sorts what comes back.
func (a *API) question(ctx context.Context, userID string) Asked {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+a.dialect.path(segment(userID)), nil)
	if err != nil {
		return Asked{Class: "unusable url"} // newAPI has parsed it, so this is never seen
	}
	// P100 wants this name in lower case, and Header.Set would write X-Api-Key.
	r.Header["x-api-key"] = []string{a.key}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", a.agent)
	answer, err := a.client.Do(r)
	if err != nil {
		return Asked{Class: networkFailure(err)}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAPIAnswer))
	// All that is wanted was read, or cannot be: closing has nothing to add.
	_ = answer.Body.Close()

	class, mistake := a.dialect.judge(answer.StatusCode, body)
	switch {
	case class != "":
		after := retryAfter(answer.Header.Get("Retry-After"), a.clock())
		if after == 0 && class == classTooMany {
			after = tooManyPause
		}
		return Asked{HTTP: answer.StatusCode, Class: class, RetryAfter: after, OwnMistake: mistake}
	case err != nil:
		return Asked{HTTP: answer.StatusCode, Class: networkFailure(err)}
	}
	return Asked{Answered: true, HTTP: answer.StatusCode, Body: legible(body)}
}

// judge says why a response is no answer, or returns "" for one that is.
func (d dialect) judge(status int, body []byte) (class string, ownMistake bool) {
	switch {
	case status >= 200 && status <= 299:
		return "", false
	case status == http.StatusUnauthorized:
		return cmp.Or(d.fault(status, body), classKey), true
	case status == http.StatusTooManyRequests:
		return classTooMany, false
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status < 400, status >= 500:
		return cmp.Or(d.fault(status, body), "http "+strconv.Itoa(status)), false
	}
	if class := d.fault(status, body); class != "" {
		return class, false
	}
	if _, err := parse(body); err != nil {
		// The API's own refusals are JSON: this is something before it, or elsewhere.
		return "http " + strconv.Itoa(status), true
	}
	return "", false
}

// segment returns a user ID as one segment of a path: all but the unreserved
// characters is escaped, and so are the two IDs that would be taken for a step
// inside the path.
func segment(userID string) string {
	switch userID {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	// A plus sign is escaped, so that the only ones left stand for blanks.
	return strings.ReplaceAll(url.QueryEscape(userID), "+", "%20")
}

// legible returns a body as text: at most maxAPIAnswer bytes of valid UTF-8.
func legible(body []byte) string {
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	if len(text) > maxAPIAnswer {
		// What is cut in the middle of a character loses its beginning, too.
		text = strings.ToValidUTF8(text[:maxAPIAnswer], "")
	}
	return text
}
