package activities

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"admit/onboarding"
)

// maxRetryAfter is the longest wait that is taken from an answer; the ledger's own
// limit, an hour unless configured, holds beside it.
const maxRetryAfter = onboarding.MaxDefer

// failed returns an attempt that is tried again for long.
func failed(answer string) onboarding.Attempt {
	return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: answer}
}

// unsent returns an attempt that failed on this side.
func unsent(answer string) onboarding.Attempt {
	return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: answer, Unsent: true}
}

// refused returns an attempt that met a definite no.
func refused(answer string) onboarding.Attempt {
	return onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: answer}
}

// unsendable returns an attempt that no repetition mends.
func unsendable(answer string) onboarding.Attempt {
	return onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: answer}
}

// noConnection is the class of whatever has no class of its own.
const noConnection = "no connection"

// remoteAlert is the operation of the error by which crypto/tls says that the other
// side broke off.
const remoteAlert = "remote error"

// networkFailure names the class of an error of a connection, never its text: that
// holds addresses and what the other side said.
func networkFailure(err error) string {
	var (
		network     net.Error
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		operation   *net.OpError
	)
	switch {
	case errors.Is(err, errPrivateAddress):
		return "private address"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.As(err, &name): // before the rest: it wraps what the name server's side said
		return "unknown host"
	case errors.As(err, &operation) && operation.Op == remoteAlert:
		if strings.Contains(operation.Err.Error(), "certificate") { // one of a fixed list of texts
			return "refused certificate"
		}
		return "refused TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused connection"
	case errors.As(err, &certificate):
		return "bad certificate"
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return "no TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "broken connection"
	}
	return noConnection
}

// judge says what an HTTP status means for an effect.
func judge(status int, after time.Duration) onboarding.Attempt {
	a := onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: strconv.Itoa(status), RetryAfter: after}
	switch {
	case status >= 200 && status <= 299:
		a.Result, a.RetryAfter = onboarding.AttemptDelivered, 0
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
	case status >= 300 && status <= 499:
		// Redirects are not followed: the endpoint has moved, and nobody said so here.
		a.Result, a.Gone = onboarding.AttemptRefused, status == http.StatusGone
	}
	return a
}

// retryAfter reads a Retry-After header, seconds or a date, as a wait from now:
// at most a day, 0 when there is none or it cannot be read.
func retryAfter(text string, now time.Time) time.Duration {
	// A number out of range is returned as the largest one.
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
