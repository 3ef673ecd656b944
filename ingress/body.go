package ingress

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// read returns the body, or why it is refused. It gives the sender limits.Body
// for it, however slowly the bytes come.
func (s *Server) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	x := exchangeOf(w)
	if r.ContentLength > MaxBody {
		return nil, tooLarge
	}
	// The socket's clock, not the injected one. A writer without deadlines (a
	// recorder in a test) has none to miss, so the errors say nothing.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.limits.Body))
	body, err := whole(w, r)
	if err == nil {
		x.read = true
		// A deadline that passed while the event is stored would end the request.
		_ = control.SetReadDeadline(time.Time{})
		return body, nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, tooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, slow
	}
	return nil, incomplete
}

// whole reads a body to its end, at once into the memory that its length takes where
// that was announced.
func whole(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// linger is how long the rest of a body that nobody reads may still come. A
// connection that is closed on a sender who is writing can cost him the answer.
const linger = 500 * time.Millisecond

// leaveBody ends the connection after the answer when the body was not read to
// its end. Else net/http would wait for the rest of it before it answers.
func leaveBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || exchangeOf(w).read {
		return
	}
	w.Header().Set("Connection", "close")
	// As in read, only a recorder in a test has no deadline to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger))
}

// answer writes a 200 with the exact body that a provider expects.
func answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	// A sender that has gone away will send again; nobody is left to be told.
	_, _ = w.Write(body)
}
