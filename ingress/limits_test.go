package ingress_test

import (
	"testing"
	"time"

	"admit/ingress"
)

// The product sets no limits of its own, so these are what it serves with.
func TestLimitsOfTheProduct(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{}).Server
	want := ingress.Limits{Header: 5 * time.Second, Body: 10 * time.Second, Idle: 60 * time.Second, Shutdown: 20 * time.Second,
		InFlight: 1024, Strangers: 256, Connections: 2048}
	if got := ingress.LimitsOf(s); got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
	srv := ingress.HTTPServerOf(s)
	for name, d := range map[string]struct{ got, want time.Duration }{
		"header": {srv.ReadHeaderTimeout, 5 * time.Second},
		// A body has 10 s behind its header, and storing its event 5 s more.
		"read":  {srv.ReadTimeout, 15 * time.Second},
		"write": {srv.WriteTimeout, 20 * time.Second},
		"idle":  {srv.IdleTimeout, 60 * time.Second},
	} {
		if d.got != d.want {
			t.Errorf("%s timeout %s, want %s", name, d.got, d.want)
		}
	}
	if srv.MaxHeaderBytes != 16<<10 || srv.Handler != s.Handler() {
		t.Errorf("headers of %d bytes, handler %v", srv.MaxHeaderBytes, srv.Handler)
	}
}

// What is set stands, in the server too, and nothing can be set to no limit at all.
func TestLimitsThatAreSet(t *testing.T) {
	t.Parallel()
	want := ingress.Limits{Header: 1, Body: 2, Idle: 3, Shutdown: 4, InFlight: 5, Strangers: 6, Connections: 7}
	s := newSetup(t, &store{}, want).Server
	if got := ingress.LimitsOf(s); got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
	srv := ingress.HTTPServerOf(s)
	if srv.ReadHeaderTimeout != 1 || srv.ReadTimeout != 1+2 || srv.WriteTimeout != 1+2+5*time.Second || srv.IdleTimeout != 3 {
		t.Errorf("timeouts %s, %s, %s, %s", srv.ReadHeaderTimeout, srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout)
	}
	none := ingress.Limits{Header: -1, Body: -1, Idle: -1, Shutdown: -1, InFlight: -1, Strangers: -1, Connections: -1}
	built := ingress.LimitsOf(newSetup(t, &store{}, ingress.Limits{}).Server)
	if got := ingress.LimitsOf(newSetup(t, &store{}, none).Server); got != built {
		t.Errorf("limits %+v, want %+v", got, built)
	}
}
