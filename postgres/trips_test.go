package postgres_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
	"admit/postgres/postgrestest"
)

// counted passes connections on to a PostgreSQL and counts what a client asks it to
// answer: a Sync of the protocol to a round trip. It returns the URL to use.
func counted(t *testing.T, to string, trips *atomic.Int64) string {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(to)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	network, address := pgconn.NetworkAddress(cfg.ConnConfig.Host, cfg.ConnConfig.Port)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				defer client.Close()
				_, _ = io.Copy(client, server) // ends with the connection
			}()
			go func() {
				defer server.Close()
				count(server, client, trips)
			}()
		}
	}()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	return postgrestest.With(t, u.String(), "sslmode", "disable")
}

// count copies the messages of a client, the first of which has no type.
func count(server io.Writer, client io.Reader, trips *atomic.Int64) {
	head := make([]byte, 4)
	for first := true; ; first = false {
		if !first {
			kind := make([]byte, 1)
			if _, err := io.ReadFull(client, kind); err != nil {
				return
			}
			if kind[0] == 'S' {
				trips.Add(1)
			}
			if _, err := server.Write(kind); err != nil {
				return
			}
		}
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		if _, err := server.Write(head); err != nil {
			return
		}
		if _, err := io.CopyN(server, client, int64(binary.BigEndian.Uint32(head))-4); err != nil {
			return
		}
	}
}

// TestAdvanceTakesTwoRoundTrips counts them on a connection that has met every
// statement before.
func TestAdvanceTakesTwoRoundTrips(t *testing.T) {
	t.Parallel()
	direct, db := setup(t)
	var trips atomic.Int64
	s := open(t, counted(t, db.Config().ConnString(), &trips), limited(1), func(o *postgres.Options) { o.MaxConns = 1 })
	steps := []struct {
		name  string
		given func(user string)
		want  int64
	}{
		{"an event", func(user string) { accept(t, direct, report(user, started)) }, 2},
		{"nothing", func(string) {}, 2},
		{"a pass", func(user string) { accept(t, direct, report(user, verified)) }, 2},
		{"a reversal, which waits for others", func(user string) { accept(t, direct, report(user, expired)) }, 3},
		{"erasing", func(user string) {
			erase := onboarding.Command{Name: onboarding.CommandErase, Actor: "ops-1"}
			if _, err := direct.AcceptCommand(t.Context(), user, erase); err != nil {
				t.Fatal(err)
			}
		}, 2},
	}
	for i, user := range users(1, 4) {
		for _, step := range steps {
			step.given(user)
			before := trips.Load()
			advance(t, s, user)
			if n := trips.Load() - before; n != step.want && i == 3 {
				t.Errorf("%s: %d round trips, want %d", step.name, n, step.want)
			}
		}
	}
	if n := one[int64](t, db, "select count(*) from effects where name = 'reversals.exceeded'"); n == 0 {
		t.Error("nobody was told of a surge")
	}
}
