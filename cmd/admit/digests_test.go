package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/postgres/postgrestest"
)

// mailServer hands on what it is sent.
type mailServer struct{ mails chan string }

// NewSession implements smtp.Backend.
func (m mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return m, nil }

func (m mailServer) Mail(string, *smtp.MailOptions) error { return nil }
func (m mailServer) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (m mailServer) Reset()                               {}
func (m mailServer) Logout() error                        { return nil }

func (m mailServer) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	m.mails <- string(text)
	return err
}

// receive starts a mail server and returns its address and what it is sent.
func receive(t *testing.T) (address string, mails <-chan string) {
	t.Helper()
	m := mailServer{make(chan string, 10)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(m)
	s.Domain = "localhost"
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String(), m.mails
}

// reversed brings a user to approval and takes it away.
func reversed(t *testing.T, sys *system, user string) {
	t.Helper()
	for _, word := range []string{"VERIFIED", "EXPIRED"} {
		_, err := sys.store.Accept(t.Context(), onboarding.Event{UserID: user, Provider: "p100", Route: "kyc-verification",
			Body: []byte(`{"externalUserId":"` + user + `","verificationStatus":"` + word + `"}`)})
		if err == nil {
			_, err = sys.store.Advance(t.Context(), onboarding.AdvanceRequest{UserID: user})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDigestFromTheStoreToTheMailbox holds that escalations are kept for the
// digest and mailed once, in one mail, by two workers at once.
func TestDigestFromTheStoreToTheMailbox(t *testing.T) {
	t.Parallel()
	address, mails := receive(t)
	s := settings.Settings{
		DatabaseURL: postgrestest.URL(t), Policy: onboarding.DefaultPolicy(),
		Voice:     &settings.Voice{},
		Mail:      &settings.Mail{Address: address, TLS: "none", From: "hello@example.com"},
		Reviewers: &settings.Reviewers{To: []string{"review@example.com"}, Digest: "08:00", TimeZone: "Europe/Berlin"},
	}
	workers := [...]*system{aWorker(t, s), aWorker(t, s)}
	if err := workers[0].store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	reversed(t, workers[0], "user-1")
	reversed(t, workers[1], "user-2")

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, len(workers))
	for _, sys := range workers {
		sys.digests.Clock = func() time.Time { return time.Now().Add(26 * time.Hour) }
		go func() { ended <- sys.digests.Run(ctx) }()
	}
	select {
	case mail := <-mails:
		for _, want := range []string{"Subject: To review: 2 users", "- user-1: suspended", "- user-2: suspended"} {
			if !strings.Contains(mail, want) {
				t.Errorf("%q is missing in\n%s", want, mail)
			}
		}
	case <-time.After(30 * time.Second):
		t.Error("no digest came")
	}
	cancel()
	for range workers {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := len(mails); n != 0 {
		t.Errorf("%d more mails", n)
	}
	// What was told stands in the ledger, and on the page of metrics.
	entries, _, err := workers[0].store.Timeline(t.Context(), "user-1", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var states []onboarding.EffectState
	for _, e := range entries {
		if e.Effect == onboarding.EffectEscalated {
			states = append(states, e.State)
		}
	}
	if len(states) != 1 || states[0] != onboarding.EffectDelivered {
		t.Errorf("the escalation is %v", states)
	}
	if got := counted(t, workers[0]) + counted(t, workers[1]); got != 1 {
		t.Errorf("%v digests were counted", got)
	}
}

// aWorker returns what admit worker runs.
func aWorker(t *testing.T, s settings.Settings) *system {
	t.Helper()
	sys, err := newSystem(t.Context(), s, settings.Role{Worker: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sys.close)
	return sys
}

// counted returns how many digests a worker has delivered.
func counted(t *testing.T, sys *system) float64 {
	t.Helper()
	families, err := sys.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "admit_digests_total" && m.GetLabel()[0].GetValue() == string(onboarding.AttemptDelivered) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
