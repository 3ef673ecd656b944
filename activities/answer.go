package activities

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"admit/onboarding"
)

// failed returns an attempt that is tried again for long.
func failed(answer string) onboarding.Attempt {
	return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: answer}
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

// networkFailure names the class of an error of a connection, never its text: that
// holds addresses and what the other side said.
func networkFailure(err error) string {
	var (
		network     net.Error
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
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
