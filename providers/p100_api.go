package providers

import (
	"bytes"
	"slices"

	"admit/onboarding"
)

// P100's words in the answers of its API. A word that is not among them makes an
// answer unusable: the names of its fields are not published.
var (
	p100Statuses = []string{"VERIFIED", "NOT_VERIFIED", "EXPIRED"}
	p100Attempts = []string{"PENDING", "VERIFICATION", "REJECTED_BY_PROVIDER", "SUCCESSFUL"}
)

// P100's error codes about a user. P500 and P501, which come with a 400, say that
// the API itself has failed.
const (
	p100NoUser      = "P412"
	p100NoKYC       = "P445"
	p100NotVerified = "P459"
	p100Failed      = "P500"
	p100Unavailable = "P501"
)

// p100Denials tells the texts of a 401 apart.
var p100Denials = [...]struct{ mark, class string }{
	{"xo1", "401 xo1: the key is missing"},
	{"xo2", "401 xo2: the key is wrong"},
	{"xo3", "401 xo3: this address is not allowed"},
}

// NewP100API returns the client of P100's API, "Get KYC Status", which answers
// for kyc; or every mistake in the configuration.
func NewP100API(c APIConfig) (*API, error) {
	return newAPI(c, dialect{
		provider: P100{}.Name(), version: "/v1", fault: p100Fault,
		path: func(segment string) string { return "/kyc/status/" + segment },
	})
}

func p100Fault(status int, body []byte) string {
	if status == 401 {
		// The page shows a text, and does not say whether it comes in JSON.
		for _, d := range p100Denials {
			if bytes.Contains(body, []byte(d.mark)) {
				return d.class
			}
		}
		return ""
	}
	if code := p100ErrorCode(body); code == p100Failed || code == p100Unavailable {
		return code
	}
	return ""
}

// p100ErrorCode returns the code in the body of an error, "" where there is none.
func p100ErrorCode(body []byte) string {
	o, err := parse(body)
	if err != nil {
		return ""
	}
	code, _ := o.given("errorCode")
	return code
}

// Answer returns what the API's response says of kyc.
func (P100) Answer(status int, body []byte) onboarding.Answer {
	if status == 200 {
		if r, ok := p100Status(body); ok {
			return onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerStatus, Report: r}
		}
		return unusable(onboarding.KYC, status, "")
	}
	a := unusable(onboarding.KYC, status, p100ErrorCode(body))
	if status < 400 || status > 499 {
		return a
	}
	switch a.Code {
	case p100NoUser, p100NoKYC:
		a.Kind = onboarding.AnswerUnknown
	case p100NotVerified:
		a.Kind = onboarding.AnswerNotVerified
		a.Report = onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED"}
	}
	return a
}

// p100Status reads a 200: the status, with the attempt and its reason from beside
// it where those are a known word and a code.
func p100Status(body []byte) (onboarding.Report, bool) {
	o, err := parse(body)
	if err != nil {
		return onboarding.Report{}, false
	}
	word, beside := p100Word(o)
	if !slices.Contains(p100Statuses, word) {
		return onboarding.Report{}, false
	}
	r := onboarding.Report{Check: onboarding.KYC, Status: word}
	if attempt, _ := beside.given("attemptStatus"); slices.Contains(p100Attempts, attempt) {
		r.Attempt = attempt
	}
	if reason, _ := beside.given("rejectionReason"); code(reason) {
		r.Reasons = []string{reason}
	}
	return r, true
}

// p100Word finds verificationStatus or, where there is none, status, in the object
// itself or under data, and returns the object that it stands in. Two that
// contradict each other are none, but for a status above data that is no word of
// P100's about a user: it tells how the call went.
func p100Word(o object) (word string, beside object) {
	data := o.inner("data")
	for _, name := range [...]string{"verificationStatus", "status"} {
		top, _ := o.given(name)
		deep, _ := data.given(name)
		switch above, below := o.holds(name), data.holds(name); {
		case below && (!above || top == deep || name == "status" && !slices.Contains(p100Statuses, top)):
			return deep, data
		case below:
			return "", o
		case above:
			return top, o
		}
	}
	return "", o
}
