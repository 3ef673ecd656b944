package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"admit/onboarding"
)

// DefaultAdmin is where the admin listener is unless somebody says otherwise.
const DefaultAdmin = "http://127.0.0.1:8081"

const (
	requestTimeout = 30 * time.Second
	maxAnswer      = 64 << 20 // bytes; a page of 500 users has a few MiB at most
)

// client asks the admin API.
type client struct {
	base  string // without a slash at the end
	token string
	http  *http.Client
}

// client returns a client for what the flags and the environment name.
func (a *app) client() (*client, error) {
	base := a.admin
	if base == "" {
		base = a.Env("ADMIT_ADMIN_URL")
	}
	if base == "" {
		base = DefaultAdmin
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, usage("%q is no URL of an admin listener; it looks like %s (--admin, ADMIT_ADMIN_URL)", base, DefaultAdmin)
	}
	token := a.Env("ADMIT_TOKEN")
	if token == "" {
		return nil, &failure{exit: ExitUnauthorized, message: "ADMIT_TOKEN is not set: put your own token of the admin API there (one of ADMIT_ADMIN_TOKENS of the process that serves it)"}
	}
	return &client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{
		Timeout: requestTimeout,
		// A redirect would take the token and the command somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func checkUserID(id string) error {
	if err := onboarding.CheckUserID(id); err != nil {
		return usage("%q cannot be a user: %v", id, err)
	}
	return nil
}

// userPath returns the path of a user's onboarding.
func userPath(userID, rest string) string { return "/v1/onboardings/" + escaped(userID) + rest }

// escaped returns a user ID as one piece of a path. Dots are escaped too: a path
// with ".." in it is often shortened on the way.
func escaped(userID string) string { return strings.ReplaceAll(url.PathEscape(userID), ".", "%2E") }

// get asks for something and decodes it into v. It returns the answer as it came.
func (c *client) get(ctx context.Context, path string, query url.Values, v any) ([]byte, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	answer, _, err := c.do(ctx, http.MethodGet, path, nil, v)
	return answer, err
}

// do sends a request, decodes a 2xx into v, and turns everything else into a
// failure.
func (c *client) do(ctx context.Context, method, path string, body []byte, v any) (answer []byte, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, usage("%s%s cannot be asked: %v", c.base, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, 0, c.unreachable(ctx, err)
	}
	defer res.Body.Close() // only read: closing it cannot lose anything
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, 0, c.unreachable(ctx, err)
	case len(answer) > maxAnswer:
		return nil, 0, failed("the answer is too long; ask for less with --limit")
	case res.StatusCode < 200 || res.StatusCode > 299:
		return nil, res.StatusCode, c.refused(res, answer)
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return nil, res.StatusCode, c.stranger(res.StatusCode)
	}
	return answer, res.StatusCode, nil
}

// unreachable says that no answer came.
func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return &failure{exit: ExitUnavailable, passing: true, message: fmt.Sprintf(
		"no answer from %s: %v\ncheck that admit serve or admit worker runs there, and that --admin or ADMIT_ADMIN_URL is right", c.base, err)}
}

// stranger says that whoever answered is not the admin listener.
func (c *client) stranger(status int) error {
	return &failure{exit: ExitUnavailable, passing: passes(status), message: fmt.Sprintf(
		"%s answers (%d), but not as Admit's admin listener does; check --admin or ADMIT_ADMIN_URL", c.base, status)}
}

// passes says whether a status tells of something that may pass by itself: the
// admin listener's own, and a proxy's before it.
func passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
