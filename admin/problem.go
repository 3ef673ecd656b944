package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// refusal is why a request is not answered 2xx. Its texts are constants: a caller
// never sees an error's own.
type refusal struct {
	status     int
	code       string // stable, for machines
	detail     string // for humans
	reason     string // a code of its own: why the rules refuse a command, or an event cannot be replayed
	faults     []fault
	retryAfter time.Duration // 0 where trying again is no use
}

// fault is one mistake in what was sent.
type fault struct {
	Location string `json:"location" doc:"Where, such as body.reason or query.stage"`
	Message  string `json:"message" doc:"What is wrong there"`
	Line     int    `json:"line,omitempty" doc:"Of an import: the user's line"`
}

// The refusals that have nothing of their own to say.
var (
	noRoute          = &refusal{status: http.StatusNotFound, code: "not_found", detail: "Nothing has this path; /docs lists what there is."}
	noUser           = &refusal{status: http.StatusNotFound, code: "not_found", detail: "No user has this ID."}
	noEvent          = &refusal{status: http.StatusNotFound, code: "not_found", detail: "No event has this ID."}
	methodNotAllowed = &refusal{status: http.StatusMethodNotAllowed, code: "method_not_allowed", detail: "The path has other methods."}
	unauthorized     = &refusal{status: http.StatusUnauthorized, code: "unauthorized", detail: "A token is needed: Authorization: Bearer, and one of ADMIT_ADMIN_TOKENS."}
	forbidden        = &refusal{status: http.StatusForbidden, code: "forbidden", detail: "The token's role does not allow this."}
	slow             = &refusal{status: http.StatusRequestTimeout, code: "timeout", detail: "The body took too long."}
	incomplete       = &refusal{status: http.StatusBadRequest, code: "malformed", detail: "The body ended early."}
	malformed        = &refusal{status: http.StatusBadRequest, code: "malformed", detail: "The body is no JSON object in UTF-8."}
	malformedQuery   = &refusal{status: http.StatusBadRequest, code: "malformed", detail: "The query of the URL cannot be read."}
	unusable         = &refusal{status: http.StatusUnprocessableEntity, code: "invalid", detail: "What was sent cannot be stored or looked up."}
	conflict         = &refusal{status: http.StatusConflict, code: "conflict", detail: "The request ID was used before for another command, reason or token."}
	unheard          = &refusal{status: http.StatusNotFound, code: "not_found", detail: "Nothing had been received of a user with this ID by that time."}
	busy             = &refusal{status: http.StatusTooManyRequests, code: "busy", detail: "Another call wakes users, or has hooks told again, at the moment; send this one again.", retryAfter: 2 * time.Second}
	engineAway       = &refusal{status: http.StatusServiceUnavailable, code: "unavailable", detail: "The engine does not answer at the moment, so nobody was woken.", retryAfter: 5 * time.Second}
	unavailable      = &refusal{status: http.StatusServiceUnavailable, code: "unavailable", detail: "The store does not answer at the moment.", retryAfter: 5 * time.Second}
	broken           = &refusal{status: http.StatusInternalServerError, code: "internal", detail: "The request could not be handled."}
)

// maxFaults bounds how many mistakes an answer names: more than an import has users.
const maxFaults = 2000

// invalid refuses what can be read but not used.
func invalid(faults ...fault) *refusal {
	f := &refusal{status: http.StatusUnprocessableEntity, code: "invalid", detail: "What was sent cannot be used; errors says where.", faults: faults}
	if len(faults) > maxFaults {
		f.detail = fmt.Sprintf("What was sent cannot be used; errors says where, of the first %d mistakes out of %d.", maxFaults, len(faults))
		f.faults = faults[:maxFaults]
	}
	return f
}

// repeated refuses a body in which an object has a name twice. It is told where the
// API's description knows it; any other may be personal data.
func (s *Server) repeated(name string) *refusal {
	f := &refusal{status: http.StatusBadRequest, code: malformed.code, detail: "An object in the body has a name twice."}
	for _, schema := range s.schemas.Map() {
		if schema.Properties[name] != nil {
			f.detail = "An object in the body has the name " + name + " twice."
		}
	}
	return f
}

// tooLarge refuses a body that is longer than limit, in bytes.
func tooLarge(limit int64) *refusal {
	return &refusal{status: http.StatusRequestEntityTooLarge, code: "too_large", detail: fmt.Sprintf("A body has at most %d KiB here.", limit>>10)}
}

// Error implements error.
func (f *refusal) Error() string { return f.code }

// GetStatus, GetHeaders and ContentType tell the API library how to answer.
func (f *refusal) GetStatus() int { return f.status }

// GetHeaders implements huma.HeadersError.
func (f *refusal) GetHeaders() http.Header {
	h := http.Header{}
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.retryAfter/time.Second)))
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (f *refusal) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// problem is the body of a refusal, as RFC 9457 has it.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Code      string  `json:"code" doc:"Stable, for machines: malformed, unauthorized, forbidden, not_found, method_not_allowed, timeout, conflict, refused, import_exists, not_replayable, not_testable, no_contact, too_large, invalid, busy, unavailable, internal"`
	Detail    string  `json:"detail" doc:"For humans"`
	Reason    string  `json:"reason,omitempty"`
	Errors    []fault `json:"errors,omitempty" nullable:"false" doc:"Of invalid: each mistake; of import_exists: each user who exists"`
	RequestID string  `json:"requestId" doc:"The HTTP request's, also in X-Request-Id and in the log"`
}

// problem notes the refusal in the exchange and returns the body for it.
func (f *refusal) problem(x *exchange) problem {
	x.code = f.code
	return problem{
		Type: "about:blank", Title: http.StatusText(f.status), Status: f.status, Code: f.code,
		Detail: f.detail, Reason: f.reason, Errors: f.faults, RequestID: x.id,
	}
}

// refuse answers with a refusal where the API library has no hand in it.
func refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	leaveBody(w, r)
	h := w.Header()
	for name, values := range why.GetHeaders() {
		h[name] = values
	}
	h.Set("Content-Type", problemType)
	w.WriteHeader(why.status)
	// Strings and a number always marshal; a caller that has gone away is told
	// nothing.
	_ = json.NewEncoder(w).Encode(why.problem(exchangeOf(r.Context())))
}

// asProblem is the last step of every answer of the API library: it turns
// refusals, the library's own too, into problem documents.
func asProblem(ctx huma.Context, _ string, body any) (any, error) {
	x := exchangeOf(ctx.Context())
	switch b := body.(type) {
	case *refusal:
		return b.problem(x), nil
	case *huma.ErrorModel:
		return translated(b).problem(x), nil
	}
	return body, nil
}

// missingMember begins the API library's text about a member that the body lacks;
// it goes on with the member's name in the API's description.
const missingMember = "expected required property "

// translated says in our words what the API library refuses. Its own texts are
// passed on only where they name a rule of the API's description.
func translated(e *huma.ErrorModel) *refusal {
	switch e.Status {
	case http.StatusUnprocessableEntity:
		var faults []fault
		for _, d := range e.Errors {
			// The message about the body as a whole may quote the decoder, but for the
			// one that names a member which is missing.
			if d.Location == "body" && !strings.HasPrefix(d.Message, missingMember) {
				d.Message = "is not what the API's description says"
			}
			if d.Location == "body.command" && d.Value == onboarding.CommandErase {
				d.Message = "has a path of its own: DELETE /v1/users/{userId}/personal-data, for which the token needs the role admin"
			}
			faults = append(faults, fault{Location: d.Location, Message: d.Message})
		}
		return invalid(faults...)
	case http.StatusBadRequest:
		return malformed
	}
	return broken
}

// failed maps an error of the store to a refusal, and keeps it for the log where
// it is a failure.
func failed(ctx context.Context, err error) error {
	x := exchangeOf(ctx)
	switch {
	case errors.Is(err, onboarding.ErrNotFound):
		return noUser
	case errors.Is(err, onboarding.ErrNoEvent):
		return noEvent
	case errors.Is(err, onboarding.ErrConflict):
		return conflict
	case errors.Is(err, onboarding.ErrData):
		return unusable
	case errors.Is(err, onboarding.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		x.err = err
		return unavailable
	}
	x.err = err
	return broken
}
