package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// problem is what the API answers instead of what was asked for.
type problem struct {
	Code      string  `json:"code"`
	Detail    string  `json:"detail"`
	Reason    string  `json:"reason"`
	RequestID string  `json:"requestId"`
	Errors    []fault `json:"errors"`
}

// fault is one mistake in what was sent.
type fault struct {
	Location string `json:"location"`
	Message  string `json:"message"`
	Line     int    `json:"line"` // of an import: the user's line in the file
}

// noWebhook is what the public listener answers, where nothing is known of users.
const noWebhook = "No webhook has this path."

// refused turns an answer that is no 2xx into a failure that says what to do.
func (c *client) refused(res *http.Response, answer []byte) error {
	var p problem
	if err := json.Unmarshal(answer, &p); err != nil || p.Code == "" || p.Detail == noWebhook {
		return c.stranger(res.StatusCode)
	}
	f := &failure{exit: ExitFailed, message: p.Detail, body: answer, code: p.Code, faults: p.Errors, reason: p.Reason, passing: passes(res.StatusCode), after: retryAfter(res)}
	switch p.Code {
	case "unauthorized":
		f.exit, f.message = ExitUnauthorized, fmt.Sprintf("%s does not know the token in ADMIT_TOKEN; it must be one of the ADMIT_ADMIN_TOKENS there", c.base)
	case "forbidden":
		f.exit, f.message = ExitUnauthorized, "the role of the token in ADMIT_TOKEN does not allow this; contacts, commands, waking, trying hooks and replays need operate or admin, erasing and imports need admin"
	case "not_found", codeNoContact:
		f.exit = ExitNotFound
	case "unavailable":
		f.exit, f.message = ExitUnavailable, fmt.Sprintf("%s\ntry again; %s/readyz says what is missing", p.Detail, c.base)
	case "refused":
		f.message = refusedPrefix(p.Reason) + p.Detail
	case "not_replayable":
		f.message = fmt.Sprintf("not replayed (%s): %s", p.Reason, p.Detail)
	case "internal":
		f.message = fmt.Sprintf("%s\nthe log of %s says why, under requestId %s", p.Detail, c.base, p.RequestID)
	case "invalid":
		var mistakes []string
		for _, e := range p.Errors {
			mistakes = append(mistakes, e.Location+" "+e.Message)
		}
		if len(mistakes) > 0 {
			f.message = "not accepted: " + strings.Join(mistakes, "; ")
		}
	}
	return f
}

// refusedPrefix begins the message of a command that the rules refused.
func refusedPrefix(reason string) string { return "refused (" + reason + "): " }

// retryAfter returns the wait that an answer asks for, 0 for none; a date, which
// the header may also hold, counts as none.
func retryAfter(res *http.Response) time.Duration {
	seconds, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// with adds a line to a failure.
func with(err error, line string) error {
	var f *failure
	if errors.As(err, &f) {
		f.message += "\n" + line
	}
	return err
}

// about adds to a failure to find a user who was looked for.
func about(err error, userID string) error {
	var f *failure
	if errors.As(err, &f) && f.exit == ExitNotFound {
		f.message = fmt.Sprintf("%s: %s\nIDs are told apart by every byte, also by their case; admit list shows those that there are", userID, f.message)
	}
	return err
}
