package activities_test

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// script is a mail server that answers as no library lets one answer: by the
// command, "greeting" for the first line and "." for the end of a mail. What is not
// in it is answered well. An answer that ends with hangUp closes the connection.
type script map[string]string

const hangUp = "\x00"

// run starts the server and returns how it is reached.
func (s script) run(t *testing.T) activities.MailConfig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept: %v", err)
				}
				return
			}
			served.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		served.Wait() // every client hangs up at the end of its attempt
	})
	return activities.MailConfig{Address: l.Addr().String(), TLS: activities.TLSNone}
}

// talk holds one conversation. What the client does not stay to hear is lost.
func (s script) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewScanner(conn)
	usual := map[string]string{"greeting": "220 ready", "EHLO": "250 hello", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken", "RSET": "250 ok", "QUIT": "221 bye"}
	for command, inMail := "greeting", false; ; {
		answer, ok := s[command]
		if !ok {
			answer = cmp.Or(usual[command], "500 what")
		}
		if !inMail || command == "." {
			answer, last := strings.CutSuffix(answer, hangUp)
			if answer != "" {
				answer += "\r\n"
			}
			if _, err := io.WriteString(conn, answer); err != nil || last {
				return
			}
		}
		inMail = inMail && command != "." || command == "DATA" && strings.HasPrefix(answer, "354")
		if !lines.Scan() {
			return
		}
		if command, _, _ = strings.Cut(lines.Text(), " "); inMail && command != "." {
			command = "text"
		}
	}
}

// TestMailFaults holds what each fault of a mail server means, at each step. A 5xx
// about the recipient or the mail is a definite no, all else is tried for long.
func TestMailFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		s      script
		result onboarding.AttemptResult
		answer string
	}{
		{"all is well", script{}, onboarding.AttemptDelivered, "250"},
		{"the parting is of no interest", script{"QUIT": hangUp}, onboarding.AttemptDelivered, "250"},
		{"refused at the greeting", script{"greeting": "554 no"}, onboarding.AttemptFailed, "554"},
		{"put off at the greeting", script{"greeting": "421 later"}, onboarding.AttemptFailed, "421"},
		{"hung up instead of a greeting", script{"greeting": hangUp}, onboarding.AttemptFailed, "broken connection"},
		{"no mail server", script{"greeting": "HTTP/1.1 400 Bad Request"}, onboarding.AttemptFailed, "no session"},
		{"put off at the hello", script{"EHLO": "421 later", "HELO": "421 later"}, onboarding.AttemptFailed, "421"},
		{"hung up at the hello", script{"EHLO": hangUp}, onboarding.AttemptFailed, "broken connection"},
		{"sender refused", script{"MAIL": "550 no"}, onboarding.AttemptFailed, "550 at MAIL"},
		{"sender put off", script{"MAIL": "451 later"}, onboarding.AttemptFailed, "451 at MAIL"},
		{"hung up at the sender", script{"MAIL": hangUp}, onboarding.AttemptFailed, "broken connection"},
		{"recipient refused", script{"RCPT": "550 no"}, onboarding.AttemptRefused, "550 at RCPT"},
		{"recipient put off", script{"RCPT": "450 greylisted"}, onboarding.AttemptFailed, "450 at RCPT"},
		{"hung up at the recipient", script{"RCPT": hangUp}, onboarding.AttemptFailed, "broken connection"},
		{"mail refused before it was seen", script{"DATA": "554 no"}, onboarding.AttemptRefused, "554 at DATA"},
		{"mail put off before it was seen", script{"DATA": "451 later"}, onboarding.AttemptFailed, "451 at DATA"},
		{"hung up before the mail", script{"DATA": hangUp}, onboarding.AttemptFailed, "broken connection"},
		{"mail refused", script{".": "554 spam"}, onboarding.AttemptRefused, "554 at DATA"},
		{"mail put off", script{".": "452 full"}, onboarding.AttemptFailed, "452 at DATA"},
		{"hung up after the mail", script{".": hangUp}, onboarding.AttemptFailed, "broken connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := mailer(t, tt.s.run(t)).Send(within(t, 10*time.Second), notice(t, "user-1", onboarding.Message{Template: "approved"}))
			if !same(got, onboarding.Attempt{Result: tt.result, Answer: tt.answer}) {
				t.Errorf("Send = %+v, want %s, %q", got, tt.result, tt.answer)
			}
		})
	}
}

// TestStartTLSFaults holds that no mail goes out in the clear where it is to be
// encrypted.
func TestStartTLSFaults(t *testing.T) {
	t.Parallel()
	const offers = "250-hello\r\n250 STARTTLS"
	for _, tt := range []struct {
		name string
		s    script
		want string
	}{
		{"not offered", script{"MAIL": "500 in the clear"}, "no session"},
		{"refused", script{"EHLO": offers, "STARTTLS": "454 later", "MAIL": "500 in the clear"}, "454"},
		{"hung up", script{"EHLO": offers, "STARTTLS": hangUp, "MAIL": "500 in the clear"}, "broken connection"},
		{"agreed to, and hung up", script{"EHLO": offers, "STARTTLS": "220 go on" + hangUp, "MAIL": "500 in the clear"}, "broken connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := tt.s.run(t)
			c.TLS = activities.TLSStart
			got := mailer(t, c).Send(within(t, 10*time.Second), notice(t, "user-1", onboarding.Message{Template: "approved"}))
			if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: tt.want}) {
				t.Errorf("Send = %+v, want %q", got, tt.want)
			}
		})
	}
}

// TestMailAnswerLost holds that a mail whose acceptance was lost is sent again as
// the same mail, by its Message-ID, in each way to protect the connection.
func TestMailAnswerLost(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{activities.TLSStart, activities.TLSFull, activities.TLSNone} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := post(t, mode)
			s.hangUps = 3
			m := mailer(t, s.config())
			d := notice(t, "user-1", onboarding.Message{Template: "approved"})
			var results []onboarding.AttemptResult
			for range 4 {
				d.Now = d.Now.Add(time.Hour)
				m.Clock = func() time.Time { return d.Now }
				results = append(results, m.Send(within(t, 10*time.Second), d).Result)
				d.Attempts++
			}
			if want := []onboarding.AttemptResult{onboarding.AttemptFailed, onboarding.AttemptFailed, onboarding.AttemptFailed, onboarding.AttemptDelivered}; !slices.Equal(results, want) {
				t.Errorf("results %v, want %v", results, want)
			}
			ids, dates := map[string]int{}, map[string]int{}
			for _, mail := range s.mails() {
				l := open(t, mail.data)
				ids[l.header.Get("Message-Id")]++
				dates[l.header.Get("Date")]++
			}
			if len(ids) != 1 || len(s.mails()) != 4 || len(dates) != 4 {
				t.Errorf("%d mails, Message-IDs %v, dates %v", len(s.mails()), ids, dates)
			}
			other := notice(t, "user-2", onboarding.Message{Template: "approved"})
			if got := m.Send(within(t, 10*time.Second), other); got.Result != onboarding.AttemptDelivered {
				t.Fatalf("Send = %+v", got)
			}
			mails := s.mails()
			if id := open(t, mails[len(mails)-1].data).header.Get("Message-Id"); ids[id] != 0 {
				t.Errorf("another mail has the same Message-ID %q", id)
			}
		})
	}
}

// TestMailServerIsSlow holds that an answer is waited for.
func TestMailServerIsSlow(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSNone)
	s.slow = make(chan struct{})
	m, d := mailer(t, s.config()), notice(t, "user-1", onboarding.Message{Template: "approved"})
	sent := make(chan onboarding.Attempt, 1)
	ctx := within(t, 10*time.Second)
	go func() { sent <- m.Send(ctx, d) }()
	for _, step := range []string{"MAIL", "RCPT", "DATA"} {
		select {
		case s.slow <- struct{}{}: // the server stands there, and the client waits
		case got := <-sent:
			t.Fatalf("Send = %+v before the server has answered at %s", got, step)
		}
	}
	if got := <-sent; !same(got, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250"}) {
		t.Errorf("Send = %+v", got)
	}
}

// TestMailTLSVersion holds that nothing older than TLS 1.2 is spoken.
func TestMailTLSVersion(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSFull)
	old, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{s.certify(t)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := old.Accept()
			if err != nil {
				return // closed at the end of the test
			}
			served.Go(func() { script{}.talk(conn) })
		}
	})
	t.Cleanup(func() {
		if err := old.Close(); err != nil {
			t.Error(err)
		}
		served.Wait()
	})
	c := s.config()
	c.Address = old.Addr().String()
	if got := mailer(t, c).Send(within(t, 10*time.Second), notice(t, "user-1", onboarding.Message{Template: "approved"})); !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "refused TLS"}) {
		t.Errorf("Send = %+v", got)
	}
}
