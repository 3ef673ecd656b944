package mail_test

import (
	"bytes"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/cmd/devstack/internal/mail"
	"admit/cmd/devstack/internal/ports"
)

// setup starts a catcher whose clock moves a second with every mail.
func setup(t *testing.T) *mail.Catcher {
	t.Helper()
	var picker ports.Picker
	smtpPort, err := picker.Free()
	if err != nil {
		t.Fatal(err)
	}
	pagePort, err := picker.Free()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	var clock sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	catcher, err := mail.Start(mail.Config{
		Dir: t.TempDir(), SMTPPort: smtpPort, PagePort: pagePort, Log: &log,
		Now: func() time.Time {
			clock.Lock()
			defer clock.Unlock()
			now = now.Add(time.Second)
			return now
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := catcher.Stop(); err != nil {
			t.Error(err)
		}
	})
	return catcher
}

func send(t *testing.T, catcher *mail.Catcher, raw string) {
	t.Helper()
	login := smtp.PlainAuth("", "anyone", "anything", ports.Host)
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	if err := smtp.SendMail(catcher.SMTPAddress(), login, "from@example.com", []string{"to@example.com"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

func TestMailIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	catcher := setup(t)
	send(t, catcher, "Subject: One\n\n.leading dot\n")
	files, err := filepath.Glob(filepath.Join(catcher.Dir(), "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v; want one", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	want := "Return-Path: <from@example.com>\r\nDelivered-To: to@example.com\r\nSubject: One\r\n\r\n.leading dot\r\n"
	if string(raw) != want {
		t.Errorf("file holds %q, want %q", raw, want)
	}
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	catcher := setup(t)
	send(t, catcher, "Subject: =?utf-8?q?<script>alert(1)</script>_=C3=BC?=\n"+
		"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<img src=3D\"x\"> =C3=A4\n")

	_, list := get(t, catcher.PageURL())
	link := regexp.MustCompile(`href="(/mail/[^"]+)"`).FindStringSubmatch(list)
	if link == nil {
		t.Fatalf("the list links no mail:\n%s", list)
	}
	_, shown := get(t, catcher.PageURL()+link[1])
	for name, page := range map[string]string{"list": list, "mail": shown} {
		if strings.Contains(page, "<script>") || strings.Contains(page, "<img") {
			t.Errorf("the %s is not escaped:\n%s", name, page)
		}
		if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt; ü") {
			t.Errorf("the %s lacks the decoded subject:\n%s", name, page)
		}
	}
	if !strings.Contains(shown, `<iframe sandbox title="The mail as a mail program shows it" srcdoc="&lt;img src=&#34;x&#34;&gt; ä`) ||
		!strings.Contains(shown, "<pre>&lt;img src=&#34;x&#34;&gt; ä") {
		t.Errorf("the mail lacks its decoded text, in a frame and as source:\n%s", shown)
	}
}

func TestNewestFirst(t *testing.T) {
	t.Parallel()
	catcher := setup(t)
	send(t, catcher, "Subject: older\n\n")
	send(t, catcher, "Subject: newer\n\n")
	_, list := get(t, catcher.PageURL())
	if newer, older := strings.Index(list, "newer"), strings.Index(list, "older"); newer < 0 || newer > older {
		t.Errorf("newer at %d, older at %d:\n%s", newer, older, list)
	}
}

func TestOnlyMailsAreShown(t *testing.T) {
	t.Parallel()
	catcher := setup(t)
	if err := os.WriteFile(filepath.Join(catcher.Dir(), "secret.eml"), []byte("Subject: secret\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret.eml", "..%2fsecret.eml", "%2fetc%2fpasswd", "20260102T030405.000000000Z-1.eml"} {
		if status, body := get(t, catcher.PageURL()+"/mail/"+name); status != http.StatusNotFound {
			t.Errorf("%s: status %d:\n%s", name, status, body)
		}
	}
	if _, list := get(t, catcher.PageURL()); !strings.Contains(list, "No mail yet") {
		t.Errorf("the list shows a file that is no mail:\n%s", list)
	}
}
