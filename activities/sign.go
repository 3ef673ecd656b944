package activities

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Sizes of a decoded signing secret, in bytes, as the specification sets them.
const (
	secretPrefix = "whsec_"
	minSecret    = 24
	maxSecret    = 64
)

// decodeSecrets returns the keys of secrets written "whsec_<base64>". Its errors
// name the secret by its place, never by its text.
func decodeSecrets(secrets []string) ([][]byte, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no signing secret")
	}
	var (
		keys     [][]byte
		problems []error
	)
	for i, s := range secrets {
		text, ok := strings.CutPrefix(s, secretPrefix)
		// A line end inside is skipped by the decoder, and would be by nobody else.
		key, err := base64.StdEncoding.Strict().DecodeString(text)
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("signing secret %d does not begin with %s", i+1, secretPrefix))
		case err != nil, strings.ContainsAny(text, "\r\n"):
			problems = append(problems, fmt.Errorf("signing secret %d is no base64 after %s", i+1, secretPrefix))
		case len(key) < minSecret, len(key) > maxSecret:
			problems = append(problems, fmt.Errorf("signing secret %d has %d bytes, not %d to %d", i+1, len(key), minSecret, maxSecret))
		default:
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(problems...)
}

// webhookID derives the message's ID from the idempotency key: the same at every
// attempt, without the user's ID in it, and without a dot.
func webhookID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "msg_" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// signature returns the signatures of a message by each of the keys.
func signature(keys [][]byte, id string, at time.Time, body []byte) string {
	signed := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		// A hash never fails to be written to.
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		signed[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signed, " ")
}
