package ingress

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// refusal is why a request is not answered 200. Its texts are constants: a
// caller never sees an error's own.
type refusal struct {
	status     int
	code       string // stable, for machines
	detail     string // for humans
	outcome    string
	retryAfter time.Duration // 0 where trying again is no use, or the sender's own affair
}

// The refusals.
var (
	notFound         = &refusal{http.StatusNotFound, "not_found", "No webhook has this path.", OutcomeNotFound, 0}
	methodNotAllowed = &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "The path has other methods.", OutcomeMethodNotAllowed, 0}
	unauthorized     = &refusal{http.StatusUnauthorized, "unauthorized", "The sender did not prove itself.", OutcomeUnauthorized, 0}
	tooLarge         = &refusal{http.StatusRequestEntityTooLarge, "too_large", "A body has at most 64 KiB.", OutcomeTooLarge, 0}
	slow             = &refusal{http.StatusRequestTimeout, "timeout", "The body took too long.", OutcomeIncomplete, 0}
	incomplete       = &refusal{http.StatusBadRequest, "malformed", "The body ended early.", OutcomeIncomplete, 0}
	malformed        = &refusal{http.StatusBadRequest, "malformed", "The body is not what this webhook's description says.", OutcomeMalformed, 0}
	unusableUserID   = &refusal{http.StatusUnprocessableEntity, "unusable_user_id",
		"The user ID is missing, empty, longer than 255 bytes, or holds a character that is none or a control character.", OutcomeUnusableUserID, 0}
	unavailable = &refusal{http.StatusServiceUnavailable, "unavailable", "Nothing can be stored at the moment.", OutcomeUnavailable, 5 * time.Second}
	overloaded  = &refusal{http.StatusServiceUnavailable, "unavailable", "Too many requests are in flight.", OutcomeOverloaded, time.Second}
	crowded     = &refusal{http.StatusServiceUnavailable, "unavailable", "Too many bodies are being read.", OutcomeOverloaded, time.Second}
	broken      = &refusal{http.StatusInternalServerError, "internal", "The request could not be handled.", OutcomePanic, 0}
)

// problem is the body of a refusal, as RFC 9457 has it.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail,omitempty"`
	RequestID string `json:"requestId"`
}

// refuse answers with a refusal.
func refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	x := exchangeOf(w)
	x.outcome = why.outcome
	leaveBody(w, r)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if why.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(why.retryAfter.Seconds())))
	}
	w.WriteHeader(why.status)
	// Strings and a number always marshal; a sender that has gone away is told
	// nothing.
	_ = json.NewEncoder(w).Encode(problem{
		Type: "about:blank", Title: http.StatusText(why.status), Status: why.status,
		Code: why.code, Detail: why.detail, RequestID: x.id,
	})
}
