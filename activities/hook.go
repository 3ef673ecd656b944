package activities

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"admit/onboarding"
)

// Limits of a hook's connections, in each of its lanes, and of its answers.
const (
	hookConns      = 64
	hookIdleConns  = 16
	hookIdleTime   = time.Minute
	maxHookHeaders = 64 << 10
	maxHookAnswer  = 4 << 10 // bytes of the answer that are read, and thrown away
	maxRetryAfter  = time.Hour
)

// ownTargets are the names of the targets that are no hooks.
var ownTargets = []string{onboarding.MailTarget, onboarding.ReviewersTarget, onboarding.P100Target, onboarding.XGatewayTarget}

var targetName = regexp.MustCompile(`^[a-z0-9-]+$`)

// HookConfig says where a hook's effects go.
type HookConfig struct {
	Name    string   // [a-z0-9-]+, but for the targets that are no hooks
	URL     string   // absolute, http or https
	Secrets []string // "whsec_" and base64 of 24 to 64 bytes; every one of them signs
	// AllowPrivate lets the URL lead into private networks and to this machine.
	AllowPrivate bool
}

// Validate returns every mistake in the configuration, none of them with a secret
// in its text.
func (c HookConfig) Validate() error {
	var problems []error
	if !targetName.MatchString(c.Name) || slices.Contains(ownTargets, c.Name) {
		problems = append(problems, fmt.Errorf("the name %q is not made of a-z, 0-9 and - or is one of %q", c.Name, ownTargets))
	}
	// An error of the parser would hold the URL, which may hold a password.
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		problems = append(problems, errors.New("the url cannot be read"))
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		problems = append(problems, errors.New("the url is not an absolute http or https one"))
	case u.User != nil:
		problems = append(problems, errors.New("the url holds a user name or password: the signature proves who sends"))
	case u.Fragment != "":
		problems = append(problems, errors.New("the url holds a fragment"))
	}
	if _, err := decodeSecrets(c.Secrets); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Hook sends effects to an HTTP endpoint. It is a Sender.
type Hook struct {
	Clock func() time.Time // set by NewHook to time.Now

	url   string
	keys  [][]byte
	agent string
	// The lanes share no connections, so that a rest lane that hangs leaves the
	// access lane alone.
	access, rest *http.Client
}

// NewHook returns the sender of a hook, with connections of its own, or every
// mistake in its configuration. build is shown to the other side. Proxies of the
// environment are not used: behind one, the guard against private addresses
// would see the proxy alone.
func NewHook(c HookConfig, build string) (*Hook, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("hook %q: %w", c.Name, err)
	}
	keys, err := decodeSecrets(c.Secrets)
	if err != nil {
		return nil, fmt.Errorf("hook %q: %w", c.Name, err)
	}
	dialer := &net.Dialer{Timeout: attemptTime}
	if !c.AllowPrivate {
		dialer.ControlContext = publicOnly
	}
	return &Hook{
		Clock: time.Now, url: c.URL, keys: keys, agent: "Admit/" + build,
		access: hookClient(dialer), rest: hookClient(dialer),
	}, nil
}

// hookClient returns a client with connections of its own.
func hookClient(dialer *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    attemptTime,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxConnsPerHost:        hookConns,
			MaxIdleConnsPerHost:    hookIdleConns,
			IdleConnTimeout:        hookIdleTime,
			MaxResponseHeaderBytes: maxHookHeaders,
		},
		// A redirect would carry the body to where nobody configured it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets go of the connections that are idle.
func (h *Hook) Close() {
	h.access.CloseIdleConnections()
	h.rest.CloseIdleConnections()
}

// Send posts the payload once, signed, under the deadline of ctx.
func (h *Hook) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(d.Payload))
	if err != nil {
		return failed("unusable url") // NewHook has parsed it, so this is never seen
	}
	id, at := webhookID(d.Key), h.Clock()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", h.agent)
	r.Header.Set(headerID, id)
	r.Header.Set(headerTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(headerSignature, signature(h.keys, id, at, d.Payload))

	client := h.rest
	if d.Lane == onboarding.LaneAccess {
		client = h.access
	}
	answer, err := client.Do(r)
	if err != nil {
		return failed(networkFailure(err))
	}
	// The status has decided; a body that breaks off changes nothing but that the
	// connection is not used again.
	_, _ = io.CopyN(io.Discard, answer.Body, maxHookAnswer)
	_ = answer.Body.Close()
	return judge(answer.StatusCode, retryAfter(answer.Header.Get("Retry-After"), h.Clock()))
}

// judge says what an HTTP status means for an effect.
func judge(status int, after time.Duration) onboarding.Attempt {
	a := onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: strconv.Itoa(status), RetryAfter: after}
	switch {
	case status >= 200 && status <= 299:
		a.Result, a.RetryAfter = onboarding.AttemptDelivered, 0
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
	case status >= 300 && status <= 499:
		// Redirects are not followed: the endpoint has moved, and nobody said so here.
		a.Result = onboarding.AttemptRefused
	}
	return a
}

// retryAfter reads a Retry-After header, seconds or a date, as a wait from now:
// at most an hour, 0 when there is none or it cannot be read.
func retryAfter(text string, now time.Time) time.Duration {
	// A number out of range is returned as the largest one.
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
