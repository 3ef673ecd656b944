package activities_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"admit/activities"
	"admit/onboarding"
)

// nameServer answers every question about a name with one list of addresses after
// the other, and goes on with the last. It speaks DNS as resolvers do.
type nameServer struct {
	mu      sync.Mutex
	answers [][]string
	asked   int
}

// next says what stands in the next answer to an A question.
func (n *nameServer) next() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.answers[min(n.asked, len(n.answers)-1)]
	n.asked++
	return a
}

// resolver returns a resolver that asks n.
func (n *nameServer) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() }) // it was open until the test ended
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			if answer := n.answer(t, buffer[:size]); answer != nil {
				_, _ = socket.WriteTo(answer, from) // the resolver asks again
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func (n *nameServer) answer(t *testing.T, question []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		t.Errorf("question to the name server: %v", err)
		return nil
	}
	m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeSuccess, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		for _, a := range n.next() {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
			})
		}
	}
	answer, err := m.Pack()
	if err != nil {
		t.Errorf("answer of the name server: %v", err)
	}
	return answer
}

// errDialled stands for a connection to a public address: no test makes one.
var errDialled = errors.New("dialled")

// TestHookNameThatChanges holds that the guard looks at what a name resolves to at
// each attempt: a name that was public before does not lead inside later, nor one
// that names both.
func TestHookNameThatChanges(t *testing.T) {
	t.Parallel()
	inside := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a private address was reached") })
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	names := &nameServer{answers: [][]string{{"1.1.1.1"}, {"127.0.0.1"}, {"1.1.1.1"}, {"127.0.0.1", "1.1.1.1"}, {"10.0.0.1", "127.0.0.1"}}}
	var dials []string
	h := hook(t, activities.HookConfig{URL: "http://hook.example.com:" + port})
	h.Resolve(names.resolver(t), func(address string) error {
		dials = append(dials, address)
		return errDialled
	})
	for i, want := range []struct {
		answer string
		dials  int
	}{{"no connection", 1}, {"private address", 1}, {"no connection", 2}, {"", 3}, {"private address", 3}} {
		got := h.Send(within(t, patience), grant)
		if got.Result != onboarding.AttemptFailed || want.answer != "" && got.Answer != want.answer {
			t.Errorf("attempt %d: Send = %+v, want %q", i+1, got, want.answer)
		}
		if len(dials) != want.dials {
			t.Errorf("after attempt %d: dialled %v, want %d", i+1, dials, want.dials)
		}
	}
	for _, d := range dials {
		if !strings.HasPrefix(d, "1.1.1.1:") {
			t.Errorf("dialled %s", d)
		}
	}
	names.mu.Lock()
	defer names.mu.Unlock()
	if names.asked != 5 {
		t.Errorf("asked %d times for 5 attempts", names.asked)
	}
}
