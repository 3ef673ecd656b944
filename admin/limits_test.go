package admin_test

import (
	"testing"
	"time"

	"admit/admin"
)

// The product sets no limits of its own, so these are what it serves with.
func TestLimitsOfTheProduct(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{}).Server
	want := admin.Limits{Header: 5 * time.Second, Body: 10 * time.Second, Idle: 60 * time.Second, Store: 5 * time.Second,
		Command: 5 * time.Second, Ready: 3 * time.Second, Import: 20 * time.Second, Wake: 20 * time.Second, Replay: 20 * time.Second,
		Test: 10 * time.Second, Pollers: 2 * time.Second, Shutdown: 20 * time.Second}
	if got := admin.LimitsOf(s); got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
	srv := admin.HTTPServerOf(s)
	for name, d := range map[string]struct{ got, want time.Duration }{
		"header": {srv.ReadHeaderTimeout, 5 * time.Second},
		// A body has 10 s behind its header, and what takes longest, a replay, 45 s more.
		"read":  {srv.ReadTimeout, 15 * time.Second},
		"write": {srv.WriteTimeout, 60 * time.Second},
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

// What is set stands, and an answer may take as long as the longest of what it needs.
func TestLimitsThatAreSet(t *testing.T) {
	t.Parallel()
	base := admin.Limits{Header: 1, Body: 2, Idle: 3, Store: 1, Command: 1, Ready: 1, Import: 1, Wake: 1, Replay: 1, Test: 1, Pollers: 1, Shutdown: 1}
	for _, c := range []struct {
		name   string
		limits func(*admin.Limits)
		write  time.Duration // beside header and body
	}{
		{"a command", func(l *admin.Limits) { l.Command = 100 }, 103},
		{"the store before a command", func(l *admin.Limits) { l.Store = 100 }, 301},
		{"an import", func(l *admin.Limits) { l.Import = 100 }, 100},
		{"a page to wake", func(l *admin.Limits) { l.Wake = 100 }, 102},
		{"whether all is ready", func(l *admin.Limits) { l.Ready = 100 }, 101},
		{"a replay", func(l *admin.Limits) { l.Replay = 100 }, 102},
		{"a hook's test", func(l *admin.Limits) { l.Test = 100 }, 102},
		{"who polls", func(l *admin.Limits) { l.Pollers = 100 }, 101},
	} {
		l := base
		c.limits(&l)
		s := newSetup(t, newStore(), l).Server
		if got := admin.LimitsOf(s); got != l {
			t.Errorf("%s: limits %+v, want %+v", c.name, got, l)
		}
		srv := admin.HTTPServerOf(s)
		if srv.ReadHeaderTimeout != 1 || srv.ReadTimeout != 3 || srv.WriteTimeout != 3+c.write || srv.IdleTimeout != 3 {
			t.Errorf("%s: timeouts %d, %d, %d, %d", c.name, srv.ReadHeaderTimeout, srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout)
		}
	}
	none := admin.Limits{Header: -1, Body: -1, Idle: -1, Store: -1, Command: -1, Ready: -1, Import: -1, Wake: -1, Replay: -1, Test: -1, Pollers: -1, Shutdown: -1}
	built := admin.LimitsOf(newSetup(t, newStore(), admin.Limits{}).Server)
	if got := admin.LimitsOf(newSetup(t, newStore(), none).Server); got != built {
		t.Errorf("limits %+v, want %+v", got, built)
	}
}
