package cli

import (
	"net/http"
	"time"

	"admit/cmd/simulator/internal/ports"
	"admit/cmd/simulator/internal/provider"
	"admit/cmd/simulator/internal/sink"
)

// Where everything is when nobody else is there. The providers' APIs are on any
// free port, for nobody but Admit asks them.
const (
	preferredPublic = 8080
	preferredAdmin  = 8081
	preferredSink   = 8090
	anyPort         = 0
)

// scenery is what stands around Admit in this process.
type scenery struct {
	plan
	sink    *sink.Sink
	p100    *provider.API
	servers []*http.Server
}

// prepare chooses the ports, opens the sink and the providers' APIs, and writes
// the configuration. What it opened is to be closed.
func prepare(o options, env environment, std streams) (s *scenery, err error) {
	s = &scenery{plan: plan{Dir: o.dir, SMTP: env[smtpAddress], CRM: o.worker != "", HookSecret: newHookSecret(),
		Workflows: env[temporalUIURL] + "/namespaces/" + env[temporalNamespace] + "/workflows"}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.sink, err = sink.New(s.HookSecret); err != nil {
		return s, err
	}
	sinkPort, err := s.serve(preferredSink, s.sink)
	if err != nil {
		return s, err
	}
	chosen, err := ports.Pick(preferredPublic, preferredAdmin)
	if err != nil {
		return s, err
	}
	std.replaced(preferredPublic, chosen[0], "Admit takes webhooks on")
	std.replaced(preferredAdmin, chosen[1], "Admit's admin API is on")
	std.replaced(preferredSink, sinkPort, "the hooks are received on")
	s.PublicAddr, s.AdminAddr = ports.Addr(chosen[0]), ports.Addr(chosen[1])
	s.Public, s.Admin = "http://"+s.PublicAddr, "http://"+s.AdminAddr
	s.Sink = "http://" + ports.Addr(sinkPort)
	s.SinkURL = s.Sink + sink.Path
	if err := s.providers(); err != nil {
		return s, err
	}
	return s, s.write()
}

// providers opens the providers' APIs.
func (s *scenery) providers() error {
	s.p100 = provider.P100(p100Key, s.admin())
	p100Port, err := s.serve(anyPort, s.p100)
	if err != nil {
		return err
	}
	xgatewayPort, err := s.serve(anyPort, provider.XGateway(xgatewayKey, s.admin()))
	if err != nil {
		return err
	}
	s.P100, s.XGateway = "http://"+ports.Addr(p100Port), "http://"+ports.Addr(xgatewayPort)
	return nil
}

// serve serves a handler on the preferred port, or on any free one when that is
// taken.
func (s *scenery) serve(preferred int, h http.Handler) (port int, err error) {
	listener, err := ports.Listen(preferred)
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	s.servers = append(s.servers, server)
	go func() {
		// It ends when it is closed, and says so.
		_ = server.Serve(listener)
	}()
	return ports.Port(listener), nil
}

func (s *scenery) close() {
	for _, server := range s.servers {
		// The listener is given back with the process at the latest.
		_ = server.Close()
	}
}

// replaced says that a port was taken.
func (s streams) replaced(preferred, got int, what string) {
	if got != preferred {
		s.say(s.out, "port %d is taken; %s port %d\n", preferred, what, got)
	}
}
