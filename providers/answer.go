package providers

import (
	"encoding/json"
	"fmt"
	"strconv"

	"admit/onboarding"
)

// unreadable is the code of an answer that this build makes nothing of.
const unreadable = "unreadable"

// Answer returns what a provider's API said in a stored answer, an
// onboarding.AnswerBody. Its error wraps ErrMalformed when the body is none, or
// ErrUnknown; whatever the API itself said is no error.
func (Set) Answer(provider string, body []byte) (onboarding.Answer, error) {
	for _, d := range decoders {
		if d.Name() == provider {
			stored, err := answerBody(body)
			if err != nil {
				return onboarding.Answer{}, err
			}
			a := d.Answer(stored.HTTP, []byte(stored.Answer))
			a.Asked = stored.Asked
			return a, nil
		}
	}
	return onboarding.Answer{}, fmt.Errorf("%w: %s", ErrUnknown, provider)
}

// answerBody reads a stored answer.
func answerBody(body []byte) (onboarding.AnswerBody, error) {
	var stored onboarding.AnswerBody
	// The decoder's error may quote the answer, which may hold personal data.
	if json.Unmarshal(body, &stored) != nil || stored.Asked.IsZero() || stored.HTTP < 100 || stored.HTTP > 999 {
		return onboarding.AnswerBody{}, fmt.Errorf("%w: no answer of an API", ErrMalformed)
	}
	return stored, nil
}

// unusable returns an answer to nothing. The code is the provider's own where it
// can be kept as one; else it tells the status, or that a good one came with a
// body that cannot be read.
func unusable(c onboarding.Check, status int, own string) onboarding.Answer {
	a := onboarding.Answer{Check: c, Kind: onboarding.AnswerUnusable, Code: own}
	switch {
	case errorCode(own):
	case status == 200:
		a.Code = unreadable
	default:
		a.Code = "http_" + strconv.Itoa(status)
	}
	return a
}

// errorCode says whether a provider's own error code can be kept as one:
// [A-Za-z0-9_]{1,64}.
func errorCode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
