package temporal

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"

	"admit/cmd/devstack/internal/ports"
)

// ui is a running Web UI.
type ui struct {
	server *server.Server
	url    string
}

// startUI returns once the UI answers. The port must be free: the UI's server
// ends the process when it cannot listen.
func startUI(ctx context.Context, port int, frontend string) (*ui, error) {
	u := &ui{url: "http://" + ports.Addr(port)}
	u.server = server.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host:                ports.Host,
		Port:                port,
		TemporalGRPCAddress: frontend,
		DefaultNamespace:    Namespace,
		EnableUI:            true,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true},
	}))
	// Start returns nil after Stop and does not return otherwise.
	go func() { _ = u.server.Start() }()
	if err := u.answers(ctx); err != nil {
		u.stop()
		return nil, err
	}
	return u, nil
}

func (u *ui) stop() { u.server.Stop() }

func (u *ui) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if u.healthy(ctx) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Web UI does not answer: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

func (u *ui) healthy(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url+"/healthz", http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
