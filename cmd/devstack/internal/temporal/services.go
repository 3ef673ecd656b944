package temporal

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 15 * time.Second
)

// startServer returns once the frontend says that it serves.
func (s *Server) startServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	port, err := servicePorts(s.config.Port, s.config.Ports)
	if err != nil {
		return err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(settings(s.backend, port)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts(port)),
		temporal.WithLogger(s.logger),
		temporal.WithDynamicConfigClient(dynamic()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
	if err != nil {
		return fmt.Errorf("configure the server: %w", err)
	}
	s.server = server
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	return serving(ctx, s.Address())
}

func (s *Server) stopServer() error {
	if s.server == nil {
		return nil
	}
	stopped := make(chan error, 1)
	go func(server temporal.Server) { stopped <- server.Stop() }(s.server)
	s.server = nil
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case err := <-stopped:
		if err != nil {
			return fmt.Errorf("stop the server: %w", err)
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("the server did not stop within %s", stopTimeout)
	}
}
