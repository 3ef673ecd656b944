package providers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"admit/providers"
	"admit/providers/providerstest"
)

// listenRaw takes one connection, sends its first head to the channel, and replies
// with the text.
func listenRaw(t *testing.T, reply string) (url string, head <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heads, done := make(chan string, 1), make(chan struct{})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		<-done
	})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return // the test is over
		}
		defer func() { _ = c.Close() }() // the client may have closed it first
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Error(err)
		}
		var text bytes.Buffer
		in := bufio.NewReader(io.TeeReader(c, &text))
		if _, err := http.ReadRequest(in); err != nil {
			t.Errorf("read the question: %v", err)
		}
		heads <- text.String()
		// A client that has enough of a long reply does not wait for its end.
		_, _ = io.WriteString(c, reply)
	}()
	return "http://" + l.Addr().String(), heads
}

func TestKeyOnTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		client
		first string
	}{
		{p100Client, "GET /v1/kyc/status/user-1 HTTP/1.1"},
		{xgatewayClient, "GET /api/v2/customer/user-1/bank-transfer/kyc HTTP/1.1"},
	} {
		t.Run(c.provider, func(t *testing.T) {
			t.Parallel()
			url, head := listenRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			asked := ask(t, c.open(t, providers.APIConfig{URL: url, Agent: "Admit/1"}), "user-1")
			if !asked.Answered || asked.Body != "{}" {
				t.Errorf("asked %+v", asked)
			}
			lines := strings.Split(<-head, "\r\n")
			for _, want := range []string{c.first, "x-api-key: " + apiKey, "User-Agent: Admit/1", "Accept: application/json"} {
				if !slices.Contains(lines, want) {
					t.Errorf("no line %q in %q", want, lines)
				}
			}
			for _, line := range lines {
				name, _, _ := strings.Cut(line, ":")
				if textproto.CanonicalMIMEHeaderKey(name) == "X-Api-Key" && name != "x-api-key" {
					t.Errorf("the key came as %s", name)
				}
			}
		})
	}
}

func TestUserIDsInPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []client{p100Client, xgatewayClient} {
		t.Run(c.provider, func(t *testing.T) {
			t.Parallel()
			fake, url := c.play(t)
			api := c.open(t, providers.APIConfig{URL: url})
			users := []string{
				"user-1", "000394", "a/b", "/", "a%2Fb", "%", "100%", "a?b=c", "a#b", ".", "..", "...", "../..", "./a", "a/../b",
				"a b", "a+b", " ", "a;b", "a,b", "a:b@c", "a&b=$c", `a\b`, `"<>{}|^` + "`", "~!*'()", "größe", "用户", "😀", "\u200b", "\u00a0",
				strings.Repeat("u", 255), strings.Repeat("/", 255), strings.Repeat("ü", 127),
			}
			for _, user := range users {
				if asked := ask(t, api, user); !asked.Answered {
					t.Errorf("%q: asked %+v", user, asked)
				}
			}
			var got []string
			for _, q := range fake.Questions() {
				got = append(got, q.UserID)
			}
			if !slices.Equal(got, users) {
				t.Errorf("asked about %q, want %q", got, users)
			}
			for _, user := range []string{"", "a\x00", "a\xff", strings.Repeat("u", 256)} {
				if asked := ask(t, api, user); asked.Answered || asked.Class != "unusable user ID" {
					t.Errorf("%q: asked %+v", user, asked)
				}
			}
			if n := len(fake.Questions()); n != len(users) {
				t.Errorf("asked %d times, about %d users", n, len(users))
			}
		})
	}
}

// The address may hold a path, and the version that the API's own paths begin with.
func TestAPIAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		client
		suffix, want string
	}{
		{"bare", p100Client, "", "/v1/kyc/status/user-1"},
		{"a slash", p100Client, "/", "/v1/kyc/status/user-1"},
		{"the version", p100Client, "/v1", "/v1/kyc/status/user-1"},
		{"the version and a slash", xgatewayClient, "/api/v2/", "/api/v2/customer/user-1/bank-transfer/kyc"},
		{"a path", xgatewayClient, "/gate%2Fway/", "/gate%2Fway/api/v2/customer/user-1/bank-transfer/kyc"},
		{"a path and the version", p100Client, "/gateway/v1", "/gateway/v1/kyc/status/user-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, head := listenRaw(t, "HTTP/1.1 204 No Content\r\n\r\n")
			asked := ask(t, c.open(t, providers.APIConfig{URL: url + c.suffix}), "user-1")
			if first, _, _ := strings.Cut(<-head, "\r\n"); first != "GET "+c.want+" HTTP/1.1" {
				t.Errorf("asked %q", first)
			}
			if a := stored(t, c.provider, asked); a.Code != "http_204" {
				t.Errorf("answer %+v", a)
			}
		})
	}
}

// A redirect is not followed: it would carry the key away.
func TestNoRedirect(t *testing.T) {
	t.Parallel()
	other, elsewhere := p100Client.play(t)
	fake, url := p100Client.play(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		fake.Answer("user-1", providerstest.Reply{Name: "moved", Status: status,
			Header: map[string]string{"Location": elsewhere + "/v1/kyc/status/user-1"}})
		asked := ask(t, p100Client.open(t, providers.APIConfig{URL: url}), "user-1")
		if asked.Answered || asked.Class != fmt.Sprintf("http %d", status) {
			t.Errorf("%d: asked %+v", status, asked)
		}
	}
	if len(other.Questions()) != 0 {
		t.Error("the redirect was followed")
	}
}

func TestAnswersAreLegible(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	for _, c := range []struct {
		name, body string
		check      func(string) bool
	}{
		{"no UTF-8", "{\"a\":\"\xff\xfe\"}", func(s string) bool { return s == "{\"a\":\"\uFFFD\"}" }},
		{"too long", strings.Repeat("a", limit+1), func(s string) bool { return s == strings.Repeat("a", limit) }},
		{"cut in a character", strings.Repeat("a", limit-1) + "ü", func(s string) bool { return s == strings.Repeat("a", limit-1) }},
		{"longer when it is legible", strings.Repeat("a\xff", limit/2), func(s string) bool {
			return len(s) <= limit && len(s) > limit-4 && strings.HasPrefix(s, "a\uFFFDa")
		}},
		{"endless", strings.Repeat("a", 20*limit), func(s string) bool { return len(s) == limit }},
		{"nothing", "", func(s string) bool { return s == "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake, url := xgatewayClient.play(t)
			fake.Answer("user-1", providerstest.Reply{Name: "odd", Status: 200, Body: c.body})
			asked := ask(t, xgatewayClient.open(t, providers.APIConfig{URL: url}), "user-1")
			if !asked.Answered || !utf8.ValidString(asked.Body) || !c.check(asked.Body) {
				t.Errorf("asked with %d bytes, class %q, %.40q", len(asked.Body), asked.Class, asked.Body)
			}
		})
	}
}
