package access

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Tolerance is how far a request's time may be from this machine's, either way: a
// request that somebody kept is not taken later than that.
const Tolerance = 5 * time.Minute

// The shortest and the longest secret, decoded, in bytes: an empty one would let
// anybody sign.
const (
	minSecret = 24
	maxSecret = 64
)

// Errors of Verify.
var (
	ErrSignature = errors.New("no signature by one of the secrets")
	ErrTime      = errors.New("the time is missing, or too far from now")
)

// Verifier tells who may open and shut access from who may not.
type Verifier struct {
	Clock func() time.Time // set by NewVerifier to time.Now

	secrets []*standardwebhooks.Webhook
}

// NewVerifier returns a verifier that takes a signature by any of the secrets,
// each "whsec_" and base64, so that one can be replaced: add the new one here, then
// at the sender, then take away the old one there, then here. Its errors name a
// secret by its place, never by its text.
func NewVerifier(secrets []string) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no secret")
	}
	v := &Verifier{Clock: time.Now}
	for i, s := range secrets {
		text, prefixed := strings.CutPrefix(s, "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !prefixed || len(key) < minSecret || len(key) > maxSecret {
			return nil, fmt.Errorf("secret %d is not whsec_ and base64 of %d to %d bytes", i+1, minSecret, maxSecret)
		}
		w, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, fmt.Errorf("secret %d: %w", i+1, err)
		}
		v.secrets = append(v.secrets, w)
	}
	return v, nil
}

// Verify says whether a request with that header and body, byte by byte as it
// came, was signed by one of the secrets, not longer ago than Tolerance.
func (v *Verifier) Verify(header http.Header, body []byte) error {
	at, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return ErrTime
	}
	// The library checks the time, too, but by a clock of its own.
	if off := v.Clock().Sub(time.Unix(at, 0)); off > Tolerance || off < -Tolerance {
		return ErrTime
	}
	for _, secret := range v.secrets {
		if secret.VerifyIgnoringTimestamp(body, header) == nil {
			return nil
		}
	}
	return ErrSignature
}
