package composecheck_test

import (
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// TestPublishedPortsAreListenedOn holds each published port against the address
// that the container is told to listen on, and keeps all of them to this machine.
func TestPublishedPortsAreListenedOn(t *testing.T) {
	t.Parallel()
	p := project(t)
	env := func(service, variable string) string { return environment(p.Services[service])[variable] }
	_, frontend, _ := strings.Cut(env("admit-worker", "TEMPORAL_ADDRESS"), ":")
	listens := map[string][]string{
		"admit-ingress": {env("admit-ingress", "ADMIT_LISTEN"), env("admit-ingress", "ADMIT_ADMIN_LISTEN")},
		"admit-worker":  {env("admit-worker", "ADMIT_ADMIN_LISTEN")},
		"temporal":      {env("temporal", "BIND_ON_IP") + ":" + frontend},
		"temporal-ui":   {env("temporal-ui", "TEMPORAL_UI_PORT")},
	}
	taken := map[string]string{}
	for name, s := range p.Services {
		var want []uint32
		for _, address := range listens[name] {
			want = append(want, port(t, address))
		}
		var got []uint32
		for _, published := range s.Ports {
			got = append(got, published.Target)
			if published.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is published on %q", name, published.Published, published.HostIP)
			}
			if other := taken[published.Published]; other != "" {
				t.Errorf("%s and %s both publish port %s", name, other, published.Published)
			}
			taken[published.Published] = name
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: publishes %v, listens on %v", name, got, want)
		}
	}
}

// TestReadmeNamesTheDoors holds that the README tells every published port, and how
// a container of somebody else's gets in.
func TestReadmeNamesTheDoors(t *testing.T) {
	t.Parallel()
	p := project(t)
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## In containers\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for name, s := range p.Services {
		for _, published := range s.Ports {
			if !regexp.MustCompile(`\b` + published.Published + `\b`).MatchString(section) {
				t.Errorf("the README does not name the port %s of %s", published.Published, name)
			}
		}
	}
	for _, want := range []string{p.Networks["inside"].Name, "admit-ingress:8081", "admit-worker:8081", "temporal:7233", "IMAGE_VERSION"} {
		if !strings.Contains(section, "`"+want+"`") {
			t.Errorf("the README does not name %s", want)
		}
	}
	for _, want := range []string{p.Networks["inside"].Name, "127.0.0.1:7233"} {
		if !strings.Contains(read(t, "deploy/admit.yaml"), want) {
			t.Errorf("deploy/admit.yaml does not name %s", want)
		}
	}
}

// port returns the port of a listener's address, which must take connections from
// outside of its container. A bare number is one too.
func port(t *testing.T, address string) uint32 {
	t.Helper()
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		t.Errorf("the address %q: %v", address, err)
		return 0
	}
	if host != "" && host != "0.0.0.0" {
		t.Errorf("the address %q cannot be reached from outside of the container", address)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		t.Errorf("the address %q: %v", address, err)
	}
	return uint32(n)
}

// TestAddressesAreServices holds that who is told of another by name shares a
// network with it and waits for it, and that the port is that one's.
func TestAddressesAreServices(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		env := environment(s)
		var addresses []string
		if v, ok := env["TEMPORAL_ADDRESS"]; ok {
			addresses = append(addresses, v)
		}
		if v, ok := env["DATABASE_URL"]; ok {
			u, err := url.Parse(v)
			if err != nil {
				t.Fatal(err)
			}
			addresses = append(addresses, u.Host)
		}
		if v, ok := env["SQL_HOST"]; ok {
			addresses = append(addresses, v+":"+env["SQL_PORT"])
		}
		if v, ok := env["POSTGRES_SEEDS"]; ok {
			addresses = append(addresses, v+":"+env["DB_PORT"])
		}
		for _, address := range addresses {
			host, digits, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"postgres": "5432", "temporal": "7233"}[host]; digits != want {
				t.Errorf("%s: %s, want port %q", name, address, want)
			}
			if !together(s, p.Services[host]) {
				t.Errorf("%s and %s share no network", name, host)
			}
			if !after(p, name, host) {
				t.Errorf("%s speaks to %s and does not wait for it", name, host)
			}
		}
	}
}

func together(a, b types.ServiceConfig) bool {
	for name := range a.Networks {
		if _, ok := b.Networks[name]; ok {
			return true
		}
	}
	return false
}

// TestOnlyWhoMustCanReachOut holds that the data is on a network without a way out,
// and that who publishes a port is on one with it: Docker publishes none of an
// internal network.
func TestOnlyWhoMustCanReachOut(t *testing.T) {
	t.Parallel()
	p := project(t)
	var out []string
	for name, s := range p.Services {
		for network := range s.Networks {
			n, ok := p.Networks[network]
			if !ok {
				t.Errorf("%s: no network %q", name, network)
			}
			if !n.Internal {
				out = append(out, name)
			}
		}
		if len(s.Ports) > 0 && !slices.Contains(out, name) {
			t.Errorf("%s publishes a port from an internal network", name)
		}
	}
	slices.Sort(out)
	if want := []string{"admit-ingress", "admit-worker", "temporal", "temporal-ui"}; !slices.Equal(out, want) {
		t.Errorf("%v reach out, want %v (networks %v)", out, want, slices.Collect(maps.Keys(p.Networks)))
	}
}

// TestDatabasesAreMade holds the names in use against those that PostgreSQL's
// first start makes.
func TestDatabasesAreMade(t *testing.T) {
	t.Parallel()
	p, made := project(t), read(t, "deploy/postgres/init.sh")
	own := func(service, role string, databases ...string) {
		if !strings.Contains(made, "CREATE ROLE "+role+" LOGIN") {
			t.Errorf("%s: deploy/postgres/init.sh makes no role %q", service, role)
		}
		for _, database := range databases {
			if !strings.Contains(made, "CREATE DATABASE "+database+" OWNER "+role+";") {
				t.Errorf("%s: deploy/postgres/init.sh makes no database %q of %q", service, database, role)
			}
		}
	}
	for name, s := range p.Services {
		if u, err := url.Parse(environment(s)["DATABASE_URL"]); err == nil && u.Host != "" {
			own(name, u.User.Username(), strings.TrimPrefix(u.Path, "/"))
		}
	}
	temporal, schema := environment(p.Services["temporal"]), environment(p.Services["temporal-schema"])
	own("temporal", temporal["POSTGRES_USER"], temporal["DBNAME"], temporal["VISIBILITY_DBNAME"])
	own("temporal-schema", schema["SQL_USER"], temporal["DBNAME"], temporal["VISIBILITY_DBNAME"])
	script := read(t, "deploy/temporal/schema.sh")
	for _, database := range []string{temporal["DBNAME"], temporal["VISIBILITY_DBNAME"]} {
		if !strings.Contains(script, "\nschema "+database+" ") {
			t.Errorf("deploy/temporal/schema.sh leaves out %q", database)
		}
	}
}
