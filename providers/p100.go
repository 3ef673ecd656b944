package providers

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"admit/onboarding"
)

// P100's routes. The type of a report follows from its path alone: the bodies of
// four routes have the same shape.
const (
	P100KYC      = "kyc-verification"
	P100Files    = "kyc-files"
	P100POA      = "poa-verification"
	P100HighRisk = "high-risk-verification"
	P100Account  = "user-status"
)

// p100Webhooks follows the partner API's pages, with the answers they show. The
// high-risk page prints its path without a slash and without the prefix of the
// others, so both readings are served.
var p100Webhooks = []webhook{
	{P100KYC, onboarding.KYC, "{}", []string{"/webhook/kyc-verification/status"}},
	{P100Files, onboarding.KYCFiles, "null", []string{"/webhook/kyc-files/status"}},
	{P100POA, onboarding.POA, "{}", []string{"/webhook/poa-verification/status"}},
	{P100HighRisk, onboarding.HighRisk, "{}", []string{
		"/user-manual-verification-status-webhook", "/webhook/user-manual-verification-status-webhook"}},
	{P100Account, onboarding.Account, "{}", []string{"/webhook/user/status"}},
}

// P100 is the P100 partner API. It proves itself by a secret in the
// Authorization header that is the same for every webhook; its bodies are not
// signed.
type P100 struct {
	// Tokens are the secrets that count, several while one is being rotated.
	// Without any nobody is let in.
	Tokens []string
}

// Name returns "p100".
func (P100) Name() string { return "p100" }

// Routes calls add for each path that P100 posts to.
func (P100) Routes(add func(route, path, answer string)) { each(p100Webhooks, add) }

// Challenge returns what WWW-Authenticate says beside a 401.
func (P100) Challenge() string { return "Bearer" }

// Authorize says whether the Authorization header is one of the tokens, with or
// without "Bearer " before it. It takes the same time wherever they differ.
func (p P100) Authorize(h http.Header) bool {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return false
	}
	shown := bare(values[0])
	sum, found := sha256.Sum256([]byte(shown)), 0
	for _, token := range p.Tokens {
		token = bare(token)
		want := sha256.Sum256([]byte(token))
		if token != "" {
			found |= subtle.ConstantTimeCompare(sum[:], want[:])
		}
	}
	return found == 1
}

// bare returns a token without the scheme that may stand before it.
func bare(token string) string {
	const scheme = "Bearer "
	if len(token) >= len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
		token = token[len(scheme):]
	}
	return strings.TrimSpace(token)
}

// Ours says that every body on P100's routes is meant for Admit.
func (P100) Ours([]byte) bool { return true }

// Open returns the body as it is to be stored: as it came. Its sender was proven
// by the header.
func (P100) Open(body []byte) (stored []byte, proven bool, err error) { return body, true, nil }

// Decode returns what a body reports, and of whom. Its errors wrap ErrMalformed,
// ErrUnknown or onboarding.ErrUserID, the last only when all else is well; beside
// an error of another kind the user ID is returned where it is usable.
func (p P100) Decode(route string, body []byte) (userID string, report onboarding.Report, err error) {
	w, err := find(p100Webhooks, p.Name(), route)
	if err != nil {
		return "", onboarding.Report{}, err
	}
	o, err := parse(body)
	if err != nil {
		return "", onboarding.Report{}, err
	}
	userID, idErr := o.userID("externalUserId")
	report, err = p100Report(w, o)
	if err == nil {
		err = idErr
	}
	return userID, report, err
}

func p100Report(w webhook, o object) (onboarding.Report, error) {
	if w.route != P100KYC {
		status, err := o.needed("status")
		return onboarding.Report{Check: w.check, Status: status}, err
	}
	status, err := o.needed("verificationStatus")
	if err != nil {
		return onboarding.Report{}, err
	}
	attempt, err := o.optional("attemptStatus")
	if err != nil {
		return onboarding.Report{}, err
	}
	reason, err := o.optional("rejectionReason")
	if err != nil {
		return onboarding.Report{}, err
	}
	r := onboarding.Report{Check: w.check, Status: status, Attempt: attempt}
	if reason != "" {
		r.Reasons = []string{reason}
	}
	return r, nil
}

// Message returns a rejection reason that is text and no code.
func (P100) Message(route string, body []byte) string {
	o, err := parse(body)
	if err != nil || route != P100KYC {
		return ""
	}
	reason, err := o.optional("rejectionReason")
	if err != nil || code(reason) {
		return ""
	}
	return clean(reason)
}
