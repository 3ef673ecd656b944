package providerstest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/providers/providerstest"
)

const p100Path, xgatewayPath = "/v1/kyc/status/", "/api/v2/customer/"

// start serves a fake until the test ends.
func start(t *testing.T, f *providerstest.Fake) string {
	t.Helper()
	s, err := f.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s.URL
}

// get asks with the key, in the way that the providers want it.
func get(t *testing.T, url, key string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header["x-api-key"] = []string{key}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := res.Body.Close(); err != nil {
			t.Errorf("close the body: %v", err)
		}
	}()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestScript(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	fake := providerstest.NewP100("key-1")
	fake.Clock = func() time.Time { return at }
	url := start(t, fake)
	fake.Answer("user-1", providerstest.P100P501, providerstest.P100Pending, providerstest.P100Verified)
	fake.AnswerOthers(providerstest.P100P445, providerstest.P100Rejected)

	want := []providerstest.Reply{
		providerstest.P100P501, providerstest.P100Pending, providerstest.P100Verified, providerstest.P100Verified,
	}
	for i, w := range want {
		if status, body := get(t, url+p100Path+"user-1", "key-1"); status != w.Status || body != w.Body {
			t.Errorf("reply %d: %d %s, want %s", i, status, body, w.Name)
		}
	}
	for _, user := range []string{"user-2", "user-3"} {
		for i, w := range []providerstest.Reply{providerstest.P100P445, providerstest.P100Rejected, providerstest.P100Rejected} {
			if status, body := get(t, url+p100Path+user, "key-1"); status != w.Status || body != w.Body {
				t.Errorf("%s, reply %d: %d %s, want %s", user, i, status, body, w.Name)
			}
		}
	}
	fake.AnswerOthers()
	fake.Answer("user-1")
	if status, body := get(t, url+p100Path+"user-1", "key-1"); status != 400 || !strings.Contains(body, "P412") {
		t.Errorf("a stranger: %d %s", status, body)
	}
	if got := fake.Asked("user-1"); got != 5 {
		t.Errorf("asked %d times about user-1", got)
	}
	if first, want := fake.Questions()[0], (providerstest.Question{UserID: "user-1", At: at, Reply: "P501"}); first != want {
		t.Errorf("first question %+v, want %+v", first, want)
	}
	if faults := fake.Faults(); len(faults) != 0 {
		t.Errorf("faults %q", faults)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, key string
		fake      *providerstest.Fake
		path      string
		status    int
		body      string
	}{
		{"P100", "key-1", providerstest.NewP100("key-1"), p100Path + "user-1", 400, "P412"},
		{"P100, no key", "", providerstest.NewP100("key-1"), p100Path + "user-1", 401, "xo1"},
		{"P100, another key", "key-2", providerstest.NewP100("key-1"), p100Path + "user-1", 401, "xo2"},
		{"XGateway", "key-1", providerstest.NewXGateway("key-1"), xgatewayPath + "user-1/bank-transfer/kyc", 200, `"status":null`},
		{"XGateway, no key", "", providerstest.NewXGateway("key-1"), xgatewayPath + "user-1/bank-transfer/kyc", 401, `"success":false`},
		{"XGateway, another key", "key-2", providerstest.NewXGateway("key-1"), xgatewayPath + "user-1/bank-transfer/kyc", 401, `"success":false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, start(t, c.fake)+c.path, c.key)
			if status != c.status || !strings.Contains(body, c.body) {
				t.Errorf("%d %s, want %d %s", status, body, c.status, c.body)
			}
			if c.fake.Asked("user-1") != 1 || len(c.fake.Faults()) != 0 {
				t.Errorf("asked %d times, faults %q", c.fake.Asked("user-1"), c.fake.Faults())
			}
		})
	}
}

// exchange sends text over a connection of its own and reads the replies' statuses.
func exchange(t *testing.T, url string, heads ...string) []int {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var statuses []int
	in := bufio.NewReader(c)
	for _, head := range heads {
		if _, err := io.WriteString(c, head); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, res.StatusCode)
	}
	return statuses
}

// The provider insists on x-api-key in lower case, so one written in another way
// is no key.
func TestHeaderName(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewP100("key-1")
	fake.AnswerOthers(providerstest.P100Verified)
	head := func(name string) string {
		return "GET /v1/kyc/status/user-1 HTTP/1.1\r\nHost: p100.example\r\n" + name + ": key-1\r\n\r\n"
	}
	got := exchange(t, start(t, fake), head("x-api-key"), head("X-Api-Key"), head("x-api-key"), head("X-API-KEY"), head("x-other"))
	if want := []int{200, 401, 200, 401, 401}; !slices.Equal(got, want) {
		t.Errorf("statuses %d, want %d", got, want)
	}
	if got, want := fake.Faults(), []string{"the key came as X-Api-Key", "the key came as X-API-KEY"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewXGateway("key-1")
	url := start(t, fake)
	for _, c := range []struct {
		name, segment, user string
		status              int
	}{
		{"plain", "user-1", "user-1", 200},
		{"escaped", "a%2Fb%3Fc%25", "a/b?c%", 200},
		{"a step, escaped", "%2E%2E", "..", 200},
		{"a step", "..", "", 404},
		{"nobody", "", "", 404},
		{"two segments", "a/b", "", 404},
		{"not unescaped", "user-1?x=1", "", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := fake.Asked(c.user)
			status, _ := get(t, url+xgatewayPath+c.segment+"/bank-transfer/kyc", "key-1")
			if asked := fake.Asked(c.user) - before; status != c.status || asked == 1 != (c.status == 200) {
				t.Errorf("status %d, asked %d times", status, asked)
			}
		})
	}
	if got := len(fake.Faults()); got != 4 {
		t.Errorf("faults %q", fake.Faults())
	}
}

// Behind a server of the caller's a fake does all but watch how the name of the
// key's header is written.
func TestHandler(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewP100("key-1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, done := &http.Server{Handler: fake, ReadHeaderTimeout: time.Second}, make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		<-done
	})
	head := "GET /v1/kyc/status/user-1 HTTP/1.1\r\nHost: p100.example\r\nX-Api-Key: key-1\r\n\r\n"
	if got := exchange(t, "http://"+l.Addr().String(), head); !slices.Equal(got, []int{400}) || len(fake.Faults()) != 0 {
		t.Errorf("status %d, faults %q", got, fake.Faults())
	}
}

func TestDocumentedHaveNames(t *testing.T) {
	t.Parallel()
	for _, fake := range []*providerstest.Fake{providerstest.NewP100("key-1"), providerstest.NewXGateway("key-1")} {
		seen := map[string]bool{}
		for _, r := range fake.Documented() {
			if r.Name == "" || seen[r.Name] || r.Status == 0 || r.Body == "" {
				t.Errorf("reply %+v", r)
			}
			seen[r.Name] = true
		}
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewP100("key-1")
	taken := strings.TrimPrefix(start(t, fake), "http://")
	if s, err := fake.Start(taken); err == nil {
		t.Errorf("two at one address: %v", s.Close())
	}
}

func TestRepliesThatAreLateOrBreakOff(t *testing.T) {
	t.Parallel()
	cut := providerstest.P100Verified
	cut.Cut = true
	for _, c := range []struct {
		name   string
		reply  providerstest.Reply
		status int    // 0 where the connection breaks before one
		body   string // what arrives of it
		broken bool
	}{
		{"late", providerstest.P100Verified.After(time.Millisecond), 200, providerstest.P100Verified.Body, false},
		{"dropped", providerstest.Dropped, 0, "", true},
		{"cut", cut, 200, `{"verificationSt`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := providerstest.NewP100("key-1")
			fake.Answer("user-1", c.reply)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, start(t, fake)+p100Path+"user-1", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header["x-api-key"] = []string{"key-1"}
			res, err := new(http.Transport).RoundTrip(r)
			if c.status == 0 {
				if err == nil {
					t.Fatalf("status %d", res.StatusCode)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if res.StatusCode != c.status || string(body) != c.body || err != nil != c.broken {
				t.Errorf("%d %q, %v", res.StatusCode, body, err)
			}
			if err := res.Body.Close(); err != nil {
				t.Errorf("close the body: %v", err)
			}
		})
	}
}

// A caller who leaves ends the wait: nothing is left of it.
func TestHanging(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewP100("key-1")
	fake.Answer("user-1", providerstest.Hanging)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, start(t, fake)+p100Path+"user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["x-api-key"] = []string{"key-1"}
	done := make(chan error, 1)
	go func() {
		_, err := new(http.Transport).RoundTrip(r)
		done <- err
	}()
	deadline := time.After(10 * time.Second)
	for tick := time.NewTicker(time.Millisecond); fake.Asked("user-1") == 0; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("nobody asked")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	before := providerstest.Moved
	after := before.With("Retry-After", "7")
	if len(before.Header) != 1 || after.Header["Retry-After"] != "7" || after.Header["Location"] != "/moved" {
		t.Errorf("before %v, after %v", before.Header, after.Header)
	}
	if got := providerstest.TooMany.With("Retry-After", "7").Header["Retry-After"]; got != "7" || providerstest.TooMany.Header != nil {
		t.Errorf("Retry-After %q", got)
	}
}
