package providerstest

import (
	"maps"
	"net/http"
	"time"
)

// Reply is one response of a provider's API.
type Reply struct {
	Name   string // for tables and for Question
	Status int
	Type   string // the Content-Type, application/json unless given
	Body   string
	Header map[string]string

	// Wait is how long the reply takes; it ends early when the caller leaves.
	Wait time.Duration
	// Drop closes the connection in place of a reply, Cut in the middle of its body.
	Drop, Cut bool
}

// After returns the reply with a wait before it.
func (r Reply) After(wait time.Duration) Reply {
	r.Wait = wait
	return r
}

// With returns the reply with a header.
func (r Reply) With(name, value string) Reply {
	r.Header = maps.Clone(r.Header)
	if r.Header == nil {
		r.Header = map[string]string{}
	}
	r.Header[name] = value
	return r
}

// Replies that any server may give, or a proxy before it.
var (
	Page      = Reply{Name: "a proxy's page", Status: 200, Type: "text/html", Body: "<html><body>Welcome</body></html>"}
	Elsewhere = Reply{Name: "elsewhere", Status: 404, Type: "text/html", Body: "<html><body>Not Found</body></html>"}
	Moved     = Reply{Name: "moved", Status: 302, Header: map[string]string{"Location": "/moved"}}
	TooMany   = Reply{Name: "too many", Status: 429, Type: "text/plain", Body: "Too Many Requests"}
	Away      = Reply{Name: "away", Status: 503, Type: "text/html", Body: "<html><body>Service Unavailable</body></html>"}
	Dropped   = Reply{Name: "dropped", Drop: true}
	Hanging   = Reply{Name: "hanging", Status: 200, Body: "{}", Wait: time.Hour}
)

// write gives the reply to a request.
func (r Reply) write(w http.ResponseWriter, asked *http.Request) {
	if r.Wait > 0 {
		timer := time.NewTimer(r.Wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-asked.Context().Done():
			return
		}
	}
	if r.Drop {
		panic(http.ErrAbortHandler)
	}
	kind := r.Type
	if kind == "" {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	for name, value := range r.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.Status)
	body := []byte(r.Body)
	if r.Cut {
		body = body[:len(body)/2]
	}
	if _, err := w.Write(body); err != nil {
		return // the caller has left
	}
	if r.Cut {
		// So that the half is on its way before the connection goes.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
