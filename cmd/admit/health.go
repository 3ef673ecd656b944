package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"admit/cmd/admit/settings"
)

// healthTimeout bounds a health check; container runtimes expect seconds.
const healthTimeout = 4 * time.Second

// healthCommand asks the process beside it whether it is ready: for containers
// without a shell.
func healthCommand(ctx context.Context, p process) int {
	if code, done := p.noArguments("health", "exit 0 when the process on ADMIT_ADMIN_LISTEN is ready, else 1"); done {
		return code
	}
	address := environment(p.environ)("ADMIT_ADMIN_LISTEN")
	if address == "" {
		address = settings.DefaultAdminListen
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		say(p.err, "admit health: ADMIT_ADMIN_LISTEN is %q; it must be host:port\n", address)
		return exitUsage
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		say(p.err, "admit health: %v\n", err)
		return exitUsage
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		say(p.err, "admit health: nobody answers on %s: %v\n", address, err)
		return exitFailed
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		say(p.err, "admit health: the answer broke off: %v\n", err)
		return exitFailed
	}
	say(p.out, "%s\n", strings.TrimSpace(string(body)))
	if res.StatusCode != http.StatusOK {
		return exitFailed
	}
	return exitOK
}
