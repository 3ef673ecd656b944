// Package stack starts PostgreSQL, Temporal with its UI, and the mail catcher
// together, and ends them together.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"admit/cmd/devstack/internal/mail"
	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/postgres"
	"admit/cmd/devstack/internal/temporal"
)

// Ports are where the parts listen.
type Ports struct {
	Postgres, Temporal, UI, SMTP, Mail int
}

// Options say how a stack runs.
type Options struct {
	Home  *Home
	Ports Ports
	// Durable keeps Temporal's data in a file and has PostgreSQL survive a loss
	// of power. Without it nothing is meant to be kept.
	Durable bool
	// Verbose sends Temporal's warnings to standard error, not to a file.
	Verbose bool
	Account *postgres.Account
	Picker  *ports.Picker
}

// Stack is a running stack.
type Stack struct {
	postgres *postgres.Server
	temporal *temporal.Server
	mail     *mail.Catcher
	mailLog  *os.File
}

// Start returns once every part can be worked with. When one fails the others
// are ended.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := &Stack{}
	if err := s.start(ctx, options); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Variables tell a program where the stack is.
func (s *Stack) Variables() []Variable {
	return []Variable{
		{DatabaseURL, s.postgres.URL()},
		{TemporalAddress, s.temporal.Address()},
		{TemporalNamespace, temporal.Namespace},
		{TemporalUIURL, s.temporal.UIURL()},
		{SMTPAddress, s.mail.SMTPAddress()},
		{MailURL, s.mail.PageURL()},
		{MailDir, s.mail.Dir()},
	}
}

// Broken is closed when a part has ended that should not have.
func (s *Stack) Broken() <-chan struct{} { return s.postgres.Done() }

// Stop ends every part, last started first.
func (s *Stack) Stop() error {
	var failures []error
	if s.mail != nil {
		failures = append(failures, s.mail.Stop())
	}
	if s.mailLog != nil {
		failures = append(failures, s.mailLog.Close())
	}
	if s.temporal != nil {
		failures = append(failures, s.temporal.Stop())
	}
	if s.postgres != nil {
		failures = append(failures, s.postgres.Stop())
	}
	return errors.Join(failures...)
}

// start starts the two slow parts side by side, then the quick one.
func (s *Stack) start(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var both sync.WaitGroup
	var postgresErr, temporalErr error
	both.Go(func() {
		if s.postgres, postgresErr = startPostgres(ctx, o); postgresErr != nil {
			cancel()
		}
	})
	both.Go(func() {
		if s.temporal, temporalErr = startTemporal(ctx, o); temporalErr != nil {
			cancel()
		}
	})
	both.Wait()
	if err := errors.Join(postgresErr, temporalErr); err != nil {
		return err
	}
	return s.startMail(o)
}

func startPostgres(ctx context.Context, o Options) (*postgres.Server, error) {
	return postgres.Start(ctx, postgres.Config{
		Dir:     o.Home.Database,
		Port:    o.Ports.Postgres,
		Durable: o.Durable,
		Account: o.Account,
		Ports:   o.Picker,
	})
}

func startTemporal(ctx context.Context, o Options) (*temporal.Server, error) {
	config := temporal.Config{
		Database: temporal.InMemory,
		Port:     o.Ports.Temporal,
		UIPort:   o.Ports.UI,
		Log:      o.Home.Log("temporal.log"),
		Ports:    o.Picker,
	}
	if o.Durable {
		config.Database = filepath.Join(o.Home.Dir, "temporal.db")
	}
	if o.Verbose {
		config.Log = ""
	}
	return temporal.Start(ctx, config)
}

func (s *Stack) startMail(o Options) (err error) {
	s.mailLog, err = os.OpenFile(o.Home.Log("mail.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the mail log: %w", err)
	}
	s.mail, err = mail.Start(mail.Config{
		Dir:      o.Home.Mail(),
		SMTPPort: o.Ports.SMTP,
		PagePort: o.Ports.Mail,
		Log:      s.mailLog,
		Now:      time.Now,
	})
	return err
}
