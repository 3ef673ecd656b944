package providers

import (
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"admit/onboarding"
)

// XGatewayKYC is XGateway's one route that Admit follows.
const XGatewayKYC = "kyc"

var xgatewayWebhooks = []webhook{
	{XGatewayKYC, onboarding.SEPAKYC, "{}", []string{"/handle-kyc-status"}},
}

// XGateway is the SEPA Secure KYC of XGateway. It proves itself by a hash in the
// body over the customer's ID and a secret. The hash is the same for every
// callback of a customer and does not cover the status, so whoever has seen one
// can forge the next: it never leaves Open, not even into the store.
type XGateway struct {
	// Secrets are those that count, several while one is being rotated. Without
	// any nobody is let in.
	Secrets []string
}

// Name returns "xgateway".
func (XGateway) Name() string { return "xgateway" }

// Routes calls add for each path that XGateway posts to.
func (XGateway) Routes(add func(route, path, answer string)) { each(xgatewayWebhooks, add) }

// Challenge returns what WWW-Authenticate says beside a 401. No registered
// scheme describes a proof that lies in the body.
func (XGateway) Challenge() string { return "Body-Hash" }

// Authorize lets everybody on to Open: the header proves nothing.
func (XGateway) Authorize(http.Header) bool { return true }

// Ours says whether a body is a KYC callback. One of another callbackType may
// come to the same address; its hash covers other fields, so it cannot be
// verified here. A body that cannot be read is left to Open.
func (XGateway) Ours(body []byte) bool {
	o, err := parse(body)
	if err != nil {
		return true
	}
	raw := o.get("callbackType")
	if raw == nil || null(raw) {
		return true
	}
	kind, err := str("callbackType", raw)
	return err == nil && kind == "kyc"
}

// Open says whether the sender of a body knows a secret, and returns the body as
// it is to be stored, without its hash. The error wraps ErrMalformed when the
// body is no JSON object.
func (x XGateway) Open(body []byte) (stored []byte, proven bool, err error) {
	o, err := parse(body)
	if err != nil {
		return nil, false, err
	}
	id, idOK := o.given("customerId")
	hash, hashOK := o.given("hash")
	if !idOK || !hashOK || !x.hashed(id, hash) {
		return nil, false, nil
	}
	return o.without("hash"), true, nil
}

// hashed says whether hash is base64(SHA-512(id + "." + secret)) for one of the
// secrets. It takes the same time wherever they differ.
func (x XGateway) hashed(id, hash string) bool {
	found := 0
	for _, secret := range x.Secrets {
		sum := sha512.Sum512([]byte(id + "." + secret))
		want := base64.StdEncoding.EncodeToString(sum[:])
		if secret != "" {
			found |= subtle.ConstantTimeCompare([]byte(hash), []byte(want))
		}
	}
	return found == 1
}

// Decode returns what a stored body reports, and of whom; it does not verify.
// Its errors wrap ErrMalformed, ErrUnknown or onboarding.ErrUserID, the last only
// when all else is well; beside an error of another kind the user ID is returned
// where it is usable.
func (x XGateway) Decode(route string, body []byte) (userID string, report onboarding.Report, err error) {
	w, err := find(xgatewayWebhooks, x.Name(), route)
	if err != nil {
		return "", onboarding.Report{}, err
	}
	o, err := parse(body)
	if err != nil {
		return "", onboarding.Report{}, err
	}
	userID, idErr := o.userID("customerId")
	report, err = xgatewayReport(w, o)
	if err == nil {
		err = idErr
	}
	return userID, report, err
}

func xgatewayReport(w webhook, o object) (onboarding.Report, error) {
	r := onboarding.Report{Check: w.check}
	var err error
	if raw := o.get("status"); raw != nil && null(raw) {
		r.Null = true
	} else if r.Status, err = o.needed("status"); err != nil {
		return onboarding.Report{}, err
	}
	if r.Processing, err = o.optional("kycProcessingStatus"); err != nil {
		return onboarding.Report{}, err
	}
	label, err := o.optional("kycRejectLabel")
	if err != nil {
		return onboarding.Report{}, err
	}
	r.Reasons = labels(label)
	if r.DocsMissing, err = documents(o.get("docsMissing")); err != nil {
		return onboarding.Report{}, err
	}
	return r, nil
}

// labels returns the codes in "BAD_SELFIE, BAD_PASSPORT".
func labels(list string) []string {
	var out []string
	for label := range strings.SplitSeq(list, ",") {
		if label = strings.TrimSpace(label); label != "" {
			out = append(out, label)
		}
	}
	return out
}

// documents returns the types in docsMissing: null, or an array of strings (as
// the callback's example has it), of {"docType"} objects (as its table and the
// API have it), or of both.
func documents(raw json.RawMessage) ([]string, error) {
	if raw == nil || null(raw) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: docsMissing is no array", ErrMalformed)
	}
	var out []string
	for _, entry := range list {
		if entry[0] == '{' {
			o, err := parse(entry)
			if err != nil {
				return nil, err
			}
			if entry = o.get("docType"); entry == nil {
				return nil, fmt.Errorf("%w: docsMissing has an entry without docType", ErrMalformed)
			}
		}
		doc, err := str("docsMissing", entry)
		if err != nil {
			return nil, err
		}
		if doc != "" {
			out = append(out, doc)
		}
	}
	return out, nil
}

// Message returns the text for the end user, or where there is none a reject
// label that is text and no list of codes.
func (XGateway) Message(_ string, body []byte) string {
	o, err := parse(body)
	if err != nil {
		return ""
	}
	if text, err := o.optional("kycEndUserErrorMessage"); err == nil && text != "" {
		return clean(text)
	}
	label, err := o.optional("kycRejectLabel")
	if err != nil {
		return ""
	}
	for _, l := range labels(label) {
		if !code(l) {
			return clean(label)
		}
	}
	return ""
}
