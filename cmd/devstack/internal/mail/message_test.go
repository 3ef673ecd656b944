package mail_test

import (
	"strings"
	"testing"

	"admit/cmd/devstack/internal/mail"
)

// parseCase is a mail, and what Parse must make of it.
type parseCase struct {
	raw     string
	subject string
	to      string
	parts   []mail.Part
	problem bool
}

var parseCases = map[string]parseCase{
	"plain": {
		raw:     "To: a@example.com\nSubject: Hello\n\nBody\n",
		subject: "Hello", to: "a@example.com",
		parts: []mail.Part{{Type: "text/plain", Text: "Body\n"}},
	},
	"encoded words in two character sets": {
		raw:     "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?iso-8859-15?q?_=A4?=\n\n",
		subject: "Grüße €",
		parts:   []mail.Part{{Type: "text/plain"}},
	},
	"blind copy": {
		raw:   "Delivered-To: b@example.com\nSubject: x\n\n",
		to:    "b@example.com",
		parts: []mail.Part{{Type: "text/plain"}}, subject: "x",
	},
	"quoted-printable": {
		raw:   "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nna=C3=AFve =\nline",
		parts: []mail.Part{{Type: "text/plain", Text: "naïve line"}},
	},
	"base64 in a Windows character set": {
		raw:   "Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: base64\n\ngCA1\n",
		parts: []mail.Part{{Type: "text/plain", Text: "€ 5"}},
	},
	"alternatives and an attachment": {
		raw: "Content-Type: multipart/mixed; boundary=m\n\n" +
			"--m\nContent-Type: multipart/alternative; boundary=a\n\n" +
			"--a\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nt=3D1\n" +
			"--a\nContent-Type: text/html\n\n<b>1</b>\n--a--\n" +
			"--m\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"=?utf-8?q?=C3=A4?=.pdf\"\n\n%PDF\n--m--\n",
		parts: []mail.Part{
			{Type: "text/plain", Text: "t=1"},
			{Type: "text/html", Text: "<b>1</b>"},
			{Type: "application/pdf", File: "ä.pdf"},
		},
	},
	"unknown character set": {
		raw:     "Content-Type: text/plain; charset=klingon\n\nab\xff",
		parts:   []mail.Part{{Type: "text/plain", Text: "ab\uFFFD"}},
		problem: true,
	},
	"broken base64": {
		raw:     "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nYWJj!!!",
		parts:   []mail.Part{{Type: "text/plain", Text: "abc"}},
		problem: true,
	},
	"multipart that stops": {
		raw:     "Content-Type: multipart/mixed; boundary=m\n\nnothing",
		problem: true,
	},
	"no header": {raw: "not a mail", problem: true},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range parseCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mail.Parse(strings.NewReader(test.raw))
			if got.Subject != test.subject || got.To != test.to {
				t.Errorf("subject %q to %q, want %q and %q", got.Subject, got.To, test.subject, test.to)
			}
			if (got.Problem != "") != test.problem {
				t.Errorf("problem %q, want one: %t", got.Problem, test.problem)
			}
			if len(got.Parts) != len(test.parts) {
				t.Fatalf("parts %+v, want %+v", got.Parts, test.parts)
			}
			for i, want := range test.parts {
				if got.Parts[i] != want {
					t.Errorf("part %d is %+v, want %+v", i, got.Parts[i], want)
				}
			}
		})
	}
}

// FuzzParse holds that no mail stops the page, and that what is shown is UTF-8.
func FuzzParse(f *testing.F) {
	f.Add("Subject: x\n\nbody")
	f.Add("Content-Type: multipart/mixed; boundary=m\n\n--m\n\nx\n--m--\n")
	f.Fuzz(func(t *testing.T, raw string) {
		for _, part := range mail.Parse(strings.NewReader(raw)).Parts {
			if strings.ToValidUTF8(part.Text, "") != part.Text {
				t.Errorf("text %q is not UTF-8", part.Text)
			}
		}
	})
}
