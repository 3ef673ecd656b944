package activities

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strconv"

	"github.com/wneessen/go-mail"

	"admit/onboarding"
)

// mechanisms are the ways to sign in at the mail server, best first. The library
// sends none of them but the first three without TLS, and Validate asks for TLS.
var mechanisms = []mail.SMTPAuthType{
	mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain, mail.SMTPAuthLogin,
}

// deliver hands the message to the mail server in a connection of its own, which
// is closed when ctx ends, wherever the conversation stands. plain says that no
// address needs SMTPUTF8.
func (m *Mail) deliver(ctx context.Context, msg *mail.Msg, plain bool) onboarding.Attempt {
	// The library sets deadlines of its own at each step, and leaves the connection
	// open where the greeting fails.
	var open net.Conn
	client, err := mail.NewClient(m.host, m.options(plain, func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := m.dial(dialling, network, address)
		if err == nil {
			open = conn
			context.AfterFunc(ctx, func() { _ = conn.Close() }) // it may be closed already
		}
		return conn, err
	})...)
	if err != nil {
		m.Logger.Error("mail client refused its options", "error", err)
		return failed("mail client")
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if open != nil {
		defer func() { _ = open.Close() }()
	}
	if err != nil {
		return m.noSession(ctx, err, open != nil)
	}
	if err = client.SendWithSMTPClient(server, msg); !msg.IsDelivered() {
		return judgeMail(ctx, err)
	}
	// The server has answered for the mail: how it parts is of no interest.
	_ = client.CloseWithSMTPClient(server)
	return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250"}
}

// dial connects to the mail server; the library itself encrypts where the way to
// do so is STARTTLS.
func (m *Mail) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if m.config.TLS == TLSFull {
		return (&tls.Dialer{Config: m.tlsConfig()}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (m *Mail) options(plain bool, dial mail.DialContextFunc) []mail.Option {
	options := []mail.Option{
		mail.WithPort(m.port),
		mail.WithHELO(m.hello),
		mail.WithTimeout(2 * attemptTime), // the end of ctx comes first, and says why
		mail.WithTLSConfig(m.tlsConfig()),
		mail.WithDialContextFunc(dial),
		mail.WithoutNoop(),
		mail.WithoutRset(),
	}
	switch m.config.TLS {
	case TLSStart:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case TLSFull:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if plain {
		// A relay behind the server may not know SMTPUTF8, and nothing here needs it.
		options = append(options, mail.WithoutSMTPUTF8())
	}
	if m.config.Username != "" {
		options = append(options, mail.WithOpportunisticSMTPAuth(mechanisms...),
			mail.WithUsername(m.config.Username), mail.WithPassword(m.config.Password))
	}
	return options
}

// noSession judges a failure before any mail was spoken of: no connection, no
// TLS, no signing in.
func (m *Mail) noSession(ctx context.Context, err error, connected bool) onboarding.Attempt {
	var said *textproto.Error
	switch {
	case ctx.Err() != nil:
		return failed(networkFailure(ctx.Err()))
	case errors.As(err, &said):
		return failed(strconv.Itoa(said.Code))
	}
	// No recipient was named yet, so the text is about the server alone.
	m.Logger.Warn("no session with the mail server", "error", err)
	answer := networkFailure(err)
	if connected && answer == noConnection {
		answer = "no session" // it offers no STARTTLS, or no way to sign in
	}
	return failed(answer)
}

// judgeMail says what an answer to MAIL, RCPT or DATA means. A 5xx about the
// recipient or the mail is a definite no; one about the sender is this side's.
func judgeMail(ctx context.Context, err error) onboarding.Attempt {
	var said *mail.SendError
	if !errors.As(err, &said) || said.ErrorCode() == 0 {
		if ctx.Err() != nil {
			return failed(networkFailure(ctx.Err()))
		}
		return failed("broken connection")
	}
	step, about := "MAIL", false
	switch said.Reason {
	case mail.ErrSMTPRcptTo:
		step, about = "RCPT", true
	case mail.ErrSMTPData, mail.ErrSMTPDataClose, mail.ErrWriteContent:
		step, about = "DATA", true
	}
	answer := strconv.Itoa(said.ErrorCode()) + " at " + step
	if about && said.ErrorCode() >= 500 {
		return refused(answer)
	}
	return failed(answer)
}
