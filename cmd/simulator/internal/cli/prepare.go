package cli

import (
	"net/http"
	"time"

	"admit/cmd/simulator/internal/ports"
	"admit/cmd/simulator/internal/sink"
)

// Where everything is when nobody else is there.
const (
	preferredPublic = 8080
	preferredAdmin  = 8081
	preferredSink   = 8090
)

// prepare opens the sink, chooses the ports and writes the configuration.
func prepare(o options, env environment, std streams) (p plan, receiver *sink.Sink, stop func(), err error) {
	p = plan{Dir: o.dir, SMTP: env[smtpAddress], CRM: o.worker != "", HookSecret: newHookSecret()}
	if receiver, err = sink.New(p.HookSecret); err != nil {
		return p, nil, nil, err
	}
	listener, err := ports.Listen(preferredSink)
	if err != nil {
		return p, nil, nil, err
	}
	server := &http.Server{Handler: receiver, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		// It ends when it is closed, and says so.
		_ = server.Serve(listener)
	}()
	stop = func() {
		// The listener is given back with the process at the latest.
		_ = server.Close()
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	chosen, err := ports.Pick(preferredPublic, preferredAdmin)
	if err != nil {
		return p, nil, nil, err
	}
	sinkPort := ports.Port(listener)
	std.replaced(preferredPublic, chosen[0], "Admit takes webhooks on")
	std.replaced(preferredAdmin, chosen[1], "Admit's admin API is on")
	std.replaced(preferredSink, sinkPort, "the hooks are received on")
	p.PublicAddr, p.AdminAddr = ports.Addr(chosen[0]), ports.Addr(chosen[1])
	p.Public, p.Admin = "http://"+p.PublicAddr, "http://"+p.AdminAddr
	p.Sink = "http://" + ports.Addr(sinkPort)
	p.SinkURL = p.Sink + sink.Path
	err = p.write()
	return p, receiver, stop, err
}

// replaced says that a port was taken.
func (s streams) replaced(preferred, got int, what string) {
	if got != preferred {
		s.say(s.out, "port %d is taken; %s port %d\n", preferred, what, got)
	}
}
