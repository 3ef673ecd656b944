package providers

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// Limits of the connections to an API and of its answers.
const (
	apiConns      = 16
	apiIdleTime   = time.Minute
	maxAPIHeaders = 64 << 10
)

// apiTransport returns what carries questions where nothing else was given.
func apiTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: apiTimeout}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    apiTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    apiConns,
		IdleConnTimeout:        apiIdleTime,
		MaxResponseHeaderBytes: maxAPIHeaders,
	}
}

// classCancelled is the class of a question that the caller took back.
const classCancelled = "cancelled"

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
	case errors.Is(err, context.Canceled):
		return classCancelled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT),
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
	return "no connection"
}
