package cli

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/story"
)

// Secrets of the development stack. They are printed, for they guard nothing.
const (
	p100Token      = "dev-p100-token"
	p100Key        = "dev-p100-api-key"
	xgatewaySecret = "dev-xgateway-secret"
	xgatewayKey    = "dev-xgateway-api-key"
	adminToken     = "dev-admin-token-0001"
	colleagueToken = "dev-colleague-token-0002"
)

// tokens are those of the people who speak to the admin API.
var tokens = map[string]string{story.Dev: adminToken, story.Colleague: colleagueToken}

//go:embed dev.yaml
var devYAML string

var devTemplate = template.Must(template.New("dev.yaml").Option("missingkey=error").Parse(devYAML))

// plan is where everything of a run is.
type plan struct {
	Dir                string
	PublicAddr, Public string // host:port, and the URL
	AdminAddr, Admin   string
	Sink, SinkURL      string // the page, and where the hooks go
	P100, XGateway     string // the APIs of the providers
	SMTP               string
	Workflows          string // where Temporal's UI lists them
	CRM                bool   // another team's worker runs too
	HookSecret         string
}

func (p plan) config() string    { return filepath.Join(p.Dir, "simulator.yaml") }
func (p plan) log() string       { return filepath.Join(p.Dir, "admit.log") }
func (p plan) workerLog() string { return filepath.Join(p.Dir, "exampleworker.log") }

func (p plan) admin() client.Admin { return client.Admin{URL: p.Admin, Token: adminToken} }

// ReviewURL returns where the mails to reviewers point.
func (p plan) ReviewURL() string { return p.Workflows + "/onboarding:{userId}" }

// render returns Admit's configuration file.
func (p plan) render() ([]byte, error) {
	var out bytes.Buffer
	if err := devTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return out.Bytes(), nil
}

// write writes the configuration file.
func (p plan) write() error {
	text, err := p.render()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if err := os.WriteFile(p.config(), text, 0o644); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// settings returns Admit's environment variables.
func (p plan) settings() map[string]string {
	return map[string]string{
		"ADMIT_LISTEN":           p.PublicAddr,
		"ADMIT_ADMIN_LISTEN":     p.AdminAddr,
		"ADMIT_ADMIN_TOKENS":     story.Dev + ":admin:" + adminToken + "," + story.Colleague + ":operate:" + colleagueToken,
		"ADMIT_P100_TOKENS":      p100Token,
		"ADMIT_P100_API_URL":     p.P100,
		"ADMIT_P100_API_KEY":     p100Key,
		"ADMIT_XGATEWAY_SECRETS": xgatewaySecret,
		"ADMIT_XGATEWAY_API_URL": p.XGateway,
		"ADMIT_XGATEWAY_API_KEY": xgatewayKey,
		"ADMIT_CONFIG":           p.config(),
		"DEV_HOOK_SECRETS":       p.HookSecret,
	}
}

// newHookSecret draws a secret for signing hooks.
func newHookSecret() string {
	key := make([]byte, 32)
	// It never fails: the process ends instead.
	_, _ = rand.Read(key)
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}
