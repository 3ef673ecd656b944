// Package settings reads what Admit is told: environment variables, and one YAML
// file for policy, hooks and mail.
//
// Everything is read once, at the start, and every mistake is reported at once
// with the name (and in the file the line) of the setting. Secrets come from the
// environment alone; the file names the variables that hold them.
package settings

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"admit/onboarding"
)

// Role says which parts of Admit a process runs, and so what it must be told.
type Role struct {
	Ingress bool // the public listener
	Worker  bool // the worker and the admin listener
}

// Where the listeners are unless the settings say otherwise.
const (
	DefaultListen      = "127.0.0.1:8080"
	DefaultAdminListen = "127.0.0.1:8081"
)

// Settings is everything a process is told.
type Settings struct {
	DatabaseURL string
	Listen      string // the public listener's address
	AdminListen string
	AdminTokens string // name:role:token,…
	Providers   []string
	P100Tokens  []string
	XGateway    []string // secrets
	Shadow      bool
	Migrate     bool // migrate the database at the start
	LogLevel    slog.Level
	LogFormat   string // text or json
	Build       string // shown in the audit; "" means the binary's own

	EncryptionKeys string // id:base64,…; "" means that Temporal keeps everything in the clear
	CodecOrigin    string // the Temporal UI's, whose pages may have payloads decoded; "" for none

	P100API     *API // nil: P100's API is not asked
	XGatewayAPI *API // nil: XGateway's API is not asked

	Policy    onboarding.Policy // its APIs are those that are asked
	Hooks     []Hook
	Voice     *Voice     // nil where neither Mail is set nor a hook told what to say to users
	Mail      *Mail      // nil: users are not written to by mail
	Reviewers *Reviewers // nil: nobody is written to; never without Mail where there is no problem
}

// Hook is a system of the merchant's that is told of effects: either an HTTP
// endpoint or an activity on another team's task queue.
type Hook struct {
	Name         string
	URL          string
	Secrets      []string
	AllowPrivate bool
	Full         bool     // it is told the providers' words, too
	TLS          TLSFiles // of an HTTPS endpoint
	// MaxInFlight and MaxPerSecond are what an HTTP endpoint bears of each process, in
	// each of its lanes: access, messages, the rest; 0 for what is built in, and for any rate.
	MaxInFlight  int
	MaxPerSecond float64
	TaskQueue    string
	Activity     string
	Events       []string
	Retry        onboarding.Retry // zero fields for what is built in
	FailingAfter time.Duration    // 0 for what is built in
}

// Speaks says whether the hook is told what to say to users.
func (h Hook) Speaks() bool { return h.TaskQueue == "" && slices.ContainsFunc(h.Events, speaks) }

// TLSFiles names the files by which an HTTPS endpoint and Admit know each other,
// each "" for none.
type TLSFiles struct {
	Cert string // with Key: the certificate by which Admit proves itself
	Key  string
	CA   string // who vouches for the endpoint, instead of the system's authorities
}

// Voice is how what there is to say to users is put into words.
type Voice struct {
	Templates  string // a directory that overrides the built-in templates, or ""
	QuietHours string // in which nobody is written to, "22:00-07:00"; "" for none
	TimeZone   string // IANA name, of users whose own is unknown; "" for UTC
	// ResumeURL is where a user goes on, with {token} in it; "" for nowhere. The
	// first of ResumeSecrets signs the token, all are known.
	ResumeURL     string
	ResumeSecrets []string
	ResumeExpires time.Duration // 0 for what is built in
}

// Mail is how users are written to.
type Mail struct {
	Address  string // host:port
	TLS      string // starttls, tls or none
	From     string
	Username string
	Password string
	Retry    onboarding.Retry // zero fields for what is built in
}

// Reviewers is how those are written to who look at what needs a person.
type Reviewers struct {
	To        []string // bare mail addresses
	Language  string   // of the mails, "" for English
	TimeZone  string   // IANA name, "" for UTC
	Digest    string   // the time of day of one mail about all, "08:00"; "" for a mail each
	ReviewURL string   // where to look for a user, with {userId} in it, or ""
}

// Problem is a mistake in the settings. Line is 0 for environment variables.
type Problem struct {
	Name    string
	Line    int
	Message string
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Name, p.Line, p.Message)
	}
	return fmt.Sprintf("%s: %s", p.Name, p.Message)
}

// Targets returns who is told of effects, hooks first. Reviewers are written to by
// the mail server of the users, and as often.
func (s Settings) Targets() []onboarding.Target {
	var ts []onboarding.Target
	for _, h := range s.Hooks {
		ts = append(ts, onboarding.Target{
			Name: h.Name, Events: h.Events, TaskQueue: h.TaskQueue, Activity: h.Activity,
			Full: h.Full, Retry: h.Retry, FailingAfter: h.FailingAfter,
		})
	}
	if s.Mail != nil {
		ts = append(ts, onboarding.Target{Name: onboarding.MailTarget, Retry: s.Mail.Retry})
	}
	if s.Reviewers != nil {
		ts = append(ts, onboarding.Target{Name: onboarding.ReviewersTarget, Retry: s.Mail.Retry})
	}
	if s.P100API != nil {
		ts = append(ts, onboarding.Target{Name: onboarding.P100Target})
	}
	if s.XGatewayAPI != nil {
		ts = append(ts, onboarding.Target{Name: onboarding.XGatewayTarget})
	}
	return ts
}

// Load reads the settings for a role from the environment (as os.Environ gives
// it) and from the file that ADMIT_CONFIG names. It returns warnings, which a
// person should see, and problems, with which the process must not start.
func Load(role Role, environ []string, readFile func(string) ([]byte, error)) (Settings, []string, []Problem) {
	e := newEnv(environ)
	s := Settings{
		DatabaseURL: e.required("DATABASE_URL", "the PostgreSQL to use, as postgres://user:password@host:5432/database"),
		Listen:      e.or("ADMIT_LISTEN", DefaultListen),
		AdminListen: e.or("ADMIT_ADMIN_LISTEN", DefaultAdminListen),
		AdminTokens: e.get("ADMIT_ADMIN_TOKENS"),
		Shadow:      e.bool("ADMIT_SHADOW", false),
		Migrate:     e.bool("ADMIT_MIGRATE", true),
		LogLevel:    e.level("ADMIT_LOG_LEVEL"),
		LogFormat:   e.oneOf("ADMIT_LOG_FORMAT", "text", "json"),
		Build:       e.get("ADMIT_BUILD"),

		EncryptionKeys: e.get("ADMIT_ENCRYPTION_KEYS"),
		CodecOrigin:    e.origin("ADMIT_CODEC_ORIGIN"),

		P100API:     e.api(p100API),
		XGatewayAPI: e.api(xgatewayAPI),
		Policy:      defaultPolicy(e.get),
	}
	e.address("ADMIT_LISTEN", s.Listen)
	e.address("ADMIT_ADMIN_LISTEN", s.AdminListen)
	if path := e.get("ADMIT_CONFIG"); path != "" {
		text, err := readFile(path)
		if err != nil {
			e.bad("ADMIT_CONFIG", "the file cannot be read: %v", err)
		} else {
			config, problems := ParseConfig(text, e.get)
			s.Policy, s.Hooks, s.Voice, s.Mail, s.Reviewers = config.Policy, config.Hooks, config.Voice, config.Mail, config.Reviewers
			e.problems = append(e.problems, problems...)
			e.used = append(e.used, config.used...)
		}
	}
	s.providers(e, role)
	slices.SortStableFunc(e.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return s, e.unknown(), e.problems
}

// list splits at commas, trims, and drops what is empty.
func list(text string) []string {
	var items []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, part)
		}
	}
	return items
}
