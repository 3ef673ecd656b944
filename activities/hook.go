package activities

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"admit/onboarding"
)

// Limits of a hook's connections and of its answers.
const (
	hookIdleTime   = time.Minute
	hookSilence    = 2 * time.Second // on a connection, before HTTP/2 asks whether anybody is there, and then for an answer
	maxHookHeaders = 64 << 10
	maxHookAnswer  = 4 << 10 // bytes of the answer that are read, and thrown away
)

// Hook sends effects to an HTTP endpoint. It is a Limited Sender. The exported
// fields are set before the first call and never changed after it.
type Hook struct {
	Clock func() time.Time // set by NewHook to time.Now
	// Voice puts messages to the user into words; needed where the hook's events name
	// any of them.
	Voice  *Voice
	Texts  Recipients   // needed where the hook is told the providers' words
	Logger *slog.Logger // nil means that nothing is logged

	url       string
	keys      [][]byte
	agent     string
	full      bool
	inFlight  int
	perSecond float64
	bears     *pressure // of the rest lane
	dialer    *net.Dialer
	// The lanes share no connections, so that a rest lane that hangs leaves the
	// access lane alone.
	access, rest *http.Client
}

// NewHook returns the sender of a hook, with connections of its own, or every
// mistake in its configuration and in the files that it names. build is shown to
// the other side. Proxies of the environment are not used: behind one, the guard
// against private addresses would see the proxy alone.
func NewHook(c HookConfig, build string) (*Hook, error) {
	certificates, err := newTrust(c.ClientCert, c.ClientKey, c.CA)
	if err := errors.Join(c.Validate(), err); err != nil {
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
	inFlight := cmp.Or(c.MaxInFlight, DefaultInFlight)
	return &Hook{
		Clock: time.Now, url: c.URL, keys: keys, agent: "Admit/" + build, full: c.Full,
		inFlight: inFlight, perSecond: c.MaxPerSecond, bears: newPressure(inFlight), dialer: dialer,
		access: hookClient(dialer, certificates, inFlight), rest: hookClient(dialer, certificates, inFlight),
	}, nil
}

// hookClient returns a client with connections of its own, enough for as many
// deliveries at the same time, and for those before them to end.
func hookClient(dialer *net.Dialer, certificates *trust, inFlight int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext,
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				d := tls.Dialer{NetDialer: dialer, Config: certificates.config()} // its timeout is the dialer's
				return d.DialContext(ctx, network, address)
			},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxConnsPerHost:        3 * inFlight, // the rest and the messages share them
			MaxIdleConnsPerHost:    max(inFlight/2, 1),
			IdleConnTimeout:        hookIdleTime,
			MaxResponseHeaderBytes: maxHookHeaders,
			// A request that runs out of time leaves its connection open: where the other
			// end is gone without a word, all that follow it would, too, for many minutes.
			HTTP2: &http.HTTP2Config{SendPingTimeout: hookSilence, PingTimeout: hookSilence},
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

// AtOnce implements Limited: access has all the room that the configuration gives,
// at any time; the rest what the hook seems to bear.
func (h *Hook) AtOnce(lane onboarding.Lane) int {
	if lane == onboarding.LaneAccess {
		return h.inFlight
	}
	return h.bears.atOnce()
}

// PerSecond implements Limited.
func (h *Hook) PerSecond() float64 { return h.perSecond }

// Send posts the payload once, signed, under the deadline of ctx, with the words
// that belong to it. No redirect is followed.
func (h *Hook) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	body, instead := h.body(ctx, d)
	if instead != nil {
		return *instead
	}
	tried := h.post(ctx, d, body)
	if d.Lane != onboarding.LaneAccess && !errors.Is(ctx.Err(), context.Canceled) {
		h.bears.learn(tried.Result)
	}
	return tried
}

func (h *Hook) post(ctx context.Context, d onboarding.Delivery, body []byte) onboarding.Attempt {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return unsent("unusable url") // NewHook has parsed it, so this is never seen
	}
	id, at := webhookID(d.Key), h.Clock()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", h.agent)
	r.Header.Set(headerID, id)
	r.Header.Set(headerTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(headerSignature, signature(h.keys, id, at, body))

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

func (h *Hook) logger() *slog.Logger {
	if h.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Logger
}
