package admin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"admit/admin"
)

// serve runs a listener until the test ends and returns its address.
func serve(t *testing.T, s *setup) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// exchange sends text over a connection and reads one answer.
func exchange(t *testing.T, addr, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func post(token string, length int, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: example.com\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", commandsPath, token, length, body)
}

func TestBodiesOnTheWire(t *testing.T) {
	t.Parallel()
	addr := serve(t, newSetup(t, newStore("user-1"), admin.Limits{Body: 300 * time.Millisecond}))
	largest := command + strings.Repeat(" ", admin.MaxBody-len(command))
	for _, c := range []struct {
		name, text string
		status     int
		code       string
	}{
		{"good", post(operateToken, len(command), command), 200, ""},
		{"as large as may be", post(operateToken, len(largest), largest), 200, ""},
		{"one byte more", post(operateToken, len(largest)+1, largest+" "), 413, "too_large"},
		{"one byte more, in chunks", "POST " + commandsPath + " HTTP/1.1\r\nHost: example.com\r\nAuthorization: Bearer " + operateToken +
			"\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s \r\n0\r\n\r\n", len(largest)+1, largest), 413, "too_large"},
		{"announced as too large, never sent", post(operateToken, 1<<30, ""), 413, "too_large"},
		{"too slow", post(operateToken, len(command), command[:5]), 408, "timeout"},
		{"of nobody, never sent", post("no-such-token-0001", 1<<30, ""), 401, "unauthorized"},
		{"another content type", strings.Replace(post(operateToken, len(command), command), "Host:", "Content-Type: text/xml\r\nAccept: text/xml\r\nHost:", 1), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res, body := exchange(t, addr, c.text)
			if res.StatusCode != c.status || c.code != "" && !strings.Contains(body, `"code":"`+c.code+`"`) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if res.StatusCode == 200 && res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
}

// A command that takes longer than its body may is answered all the same.
func TestWaitingOutlastsTheBodyLimit(t *testing.T) {
	t.Parallel()
	st := newStore("user-1")
	st.silent = true
	limits := admin.Limits{Header: 50 * time.Millisecond, Body: 50 * time.Millisecond, Command: 300 * time.Millisecond}
	res, body := exchange(t, serve(t, newSetup(t, st, limits)), post(operateToken, len(command), command))
	if res.StatusCode != http.StatusAccepted || !strings.Contains(body, `"pending"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestRunLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	st := newStore("user-1")
	st.silent, st.accepted = true, cancel
	s := newSetup(t, st, admin.Limits{Command: 200 * time.Millisecond})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, ln) }()
	res, body := exchange(t, ln.Addr().String(), post(operateToken, len(command), command))
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunFailsWithItsListener(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := newSetup(t, newStore(), admin.Limits{}).Run(context.Background(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}
