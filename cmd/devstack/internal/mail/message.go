package mail

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// maxDepth bounds how deep multiparts are followed into each other.
const maxDepth = 8

// Message is a mail as it is shown: decoded, in UTF-8, and not escaped.
type Message struct {
	Name    string
	Date    string
	From    string
	To      string
	Subject string
	// Parts holds every part that is text. Of alternatives all are there.
	Parts []Part
	// Problem says what of the mail could not be read.
	Problem string
}

// Part is one text of a mail, or a word on an attachment.
type Part struct {
	Type string
	// File is an attachment's name.
	File string
	Text string
}

// HTML says whether the text is HTML.
func (p Part) HTML() bool { return p.Type == "text/html" }

// Parse reads a mail. It never fails: what cannot be decoded is shown as it
// came, and Problem says why.
func Parse(r io.Reader) Message {
	parsed, err := mail.ReadMessage(r)
	if err != nil {
		return Message{Problem: fmt.Sprintf("read the header: %v", err)}
	}
	m := Message{
		Date:    parsed.Header.Get("Date"),
		From:    decodeHeader(parsed.Header.Get("From")),
		To:      decodeHeader(parsed.Header.Get("To")),
		Subject: decodeHeader(parsed.Header.Get("Subject")),
	}
	if m.To == "" {
		m.To = parsed.Header.Get("Delivered-To")
	}
	m.add(textproto.MIMEHeader(parsed.Header), parsed.Body, 0)
	return m
}

// add appends the text of a part, and of those inside it.
func (m *Message) add(header textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		// Without a type, or with one that cannot be read, a mail is plain text.
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") && depth < maxDepth {
		m.addParts(multipart.NewReader(body, params["boundary"]), depth)
		return
	}
	part := Part{Type: kind, File: attachmentName(header, params)}
	if part.File == "" && strings.HasPrefix(kind, "text/") {
		part.Text = m.text(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	}
	m.Parts = append(m.Parts, part)
}

func (m *Message) addParts(parts *multipart.Reader, depth int) {
	for {
		// Raw leaves the transfer encoding to be decoded as in a single part.
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			m.Problem = fmt.Sprintf("read the parts: %v", err)
			return
		}
		m.add(part.Header, part, depth+1)
	}
}

// text undoes the transfer encoding and the character set.
func (m *Message) text(transfer, charset string, body io.Reader) string {
	switch strings.ToLower(strings.TrimSpace(transfer)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	if converted, err := charsetReader(charset, body); err == nil {
		body = converted
	} else {
		m.Problem = err.Error()
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		m.Problem = fmt.Sprintf("decode the text: %v", err)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// attachmentName is the name of an attached file, "" when the part is to be
// read in place.
func attachmentName(header textproto.MIMEHeader, params map[string]string) string {
	disposition, more, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" {
		return ""
	}
	for _, name := range []string{more["filename"], params["name"]} {
		if name != "" {
			return decodeHeader(name)
		}
	}
	return "unnamed"
}

// decodeHeader undoes encoded words, and returns what it cannot decode as it is.
func decodeHeader(value string) string {
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	decoded, err := decoder.DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	if charset == "" {
		return r, nil
	}
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, fmt.Errorf("unknown character set %q", charset)
	}
	return encoding.NewDecoder().Reader(r), nil
}
