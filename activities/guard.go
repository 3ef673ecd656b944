package activities

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errPrivateAddress is what dialling an address inside somebody's network fails
// with, where the hook does not allow it.
var errPrivateAddress = errors.New("private address")

// Address blocks that are not on the public internet, or that lead elsewhere
// than they say: the special-purpose registries of IANA (RFC 6890 and later).
var (
	nonPublic4 = prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	)
	global6    = netip.MustParsePrefix("2000::/3") // all of IPv6 that is given out
	nonPublic6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		ps[i] = netip.MustParsePrefix(t)
	}
	return ps
}

// public says whether an address is on the public internet. An IPv4 address
// written as an IPv6 one is judged as what it is.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	special := nonPublic4
	if a.Is6() {
		if !global6.Contains(a) {
			return false
		}
		special = nonPublic6
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

// publicOnly is a dialer's ControlContext. It sees the address that is really
// dialled, so it holds whatever a name resolves to, at each connection anew. An
// attempt over a connection that was kept goes to the address that passed then,
// whatever the name resolves to since.
func publicOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: the address is not an IP address: %w", errPrivateAddress, err)
	}
	if !public(to.Addr()) {
		return errPrivateAddress
	}
	return nil
}
