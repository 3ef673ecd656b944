// Package mail catches mail: an SMTP server that delivers nothing, keeps each
// mail as a file in the form it came in (.eml), and shows them on a page.
package mail

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"

	"admit/cmd/devstack/internal/ports"
)

// Config says where mails are kept and the catcher listens.
type Config struct {
	// Dir is an existing directory for the .eml files.
	Dir      string
	SMTPPort int
	PagePort int
	// Log gets what goes wrong with a connection.
	Log io.Writer
	// Now is the clock that names the files.
	Now func() time.Time
}

// Catcher is a running mail catcher.
type Catcher struct {
	config Config
	smtp   *smtp.Server
	page   *http.Server
}

// Start returns once both ports are listened on.
func Start(config Config) (*Catcher, error) {
	errorLog := log.New(config.Log, "mail: ", log.LstdFlags)
	kept := store{dir: config.Dir}
	c := &Catcher{
		config: config,
		smtp:   newSMTP(kept, config.Now, errorLog),
		page: &http.Server{
			Handler:           newPage(kept, errorLog),
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          errorLog,
		},
	}
	mails, err := net.Listen("tcp", ports.Addr(config.SMTPPort))
	if err != nil {
		return nil, fmt.Errorf("mail: listen: %w", err)
	}
	views, err := net.Listen("tcp", ports.Addr(config.PagePort))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mail page: listen: %w", err), mails.Close())
	}
	go func() {
		if err := c.smtp.Serve(mails); err != nil {
			errorLog.Printf("serve: %v", err)
		}
	}()
	go func() {
		if err := c.page.Serve(views); !errors.Is(err, http.ErrServerClosed) {
			errorLog.Printf("serve the page: %v", err)
		}
	}()
	return c, nil
}

// SMTPAddress is where to send mail.
func (c *Catcher) SMTPAddress() string { return ports.Addr(c.config.SMTPPort) }

// PageURL is where the mails are shown.
func (c *Catcher) PageURL() string { return "http://" + ports.Addr(c.config.PagePort) }

// Dir is where the mails are kept.
func (c *Catcher) Dir() string { return c.config.Dir }

// Stop cuts the connections. Mails that were accepted are kept.
func (c *Catcher) Stop() error {
	if err := errors.Join(c.smtp.Close(), c.page.Close()); err != nil {
		return fmt.Errorf("mail: stop: %w", err)
	}
	return nil
}
