package webhooks

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Guard says which addresses may be called. What a name resolves to it is asked with each connection, so that no later
// answer of a name server passes it by.
type Guard struct {
	allowed []netip.Prefix
	http    bool
}

// NewGuard returns a guard that permits public addresses on the ports of HTTPS, and allowed networks (as in 10.1.2.0/24) on every port;
// plain HTTP to those alone, and only if http says so.
func NewGuard(allowed []string, http bool) (*Guard, error) {
	g := &Guard{http: http}
	for _, text := range allowed {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("network %q: %w", text, err)
		}
		g.allowed = append(g.allowed, p.Masked())
	}
	return g, nil
}

// The schemes of URLs.
const (
	schemeHTTPS = "https"
	schemeHTTP  = "http"
)

// ports are those on which a public address may be called.
func ports() []uint16 { return []uint16{443, 8443} }

// refused are the networks within the unicast addresses that are not public (the special-purpose address registries of IANA, RFC 6890, as
// of 2025), that hold an address of IPv4 in one of IPv6, or at which a cloud tells its guests about themselves.
func refused() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// unicast6 is all of IPv6 that is assigned for use across the internet: loopback, private, link-local, multicast, mapped and translated (NAT64) addresses
// are outside of it.
var unicast6 = netip.MustParsePrefix("2000::/3")

// public reports whether an address is of the internet.
func public(ip netip.Addr) bool {
	if ip.Is6() && !unicast6.Contains(ip) {
		return false
	}
	return ip.IsValid() && !slices.ContainsFunc(refused(), func(p netip.Prefix) bool { return p.Contains(ip) })
}

// permits reports whether an address may be called by a URL of a scheme.
func (g *Guard) permits(scheme string, at netip.AddrPort) bool {
	ip := at.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return scheme == schemeHTTPS || g.http
	}
	return scheme == schemeHTTPS && public(ip) && slices.Contains(ports(), at.Port())
}

// errRefused is why a connection is not made.
var errRefused = errors.New("the address may not be called")

// control is that of a net.Dialer for URLs of a scheme: it sees each address that is about to be called.
func (g *Guard) control(scheme string) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !g.permits(scheme, at) {
			return errRefused
		}
		return nil
	}
}

// check refuses a URL that never can be called: Invalid. That of a name is only known when it is called.
func (g *Guard) check(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil: // its form was checked before
		return waymark.InvalidField("/url", "must be a URL")
	case u.Scheme != schemeHTTPS && !g.http:
		return waymark.InvalidField("/url", "must begin with https://")
	case portOf(u) == 0:
		return waymark.InvalidField("/url", "its port must be 1 to 65535")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil //nolint:nilerr // a name
	}
	if !g.permits(u.Scheme, netip.AddrPortFrom(ip, portOf(u))) {
		return waymark.InvalidField("/url", "its address may not be called by this gateway, or not on this port")
	}
	return nil
}

// portOf is 0 for none that there can be.
func portOf(u *url.URL) uint16 {
	if u.Port() == "" {
		return map[string]uint16{schemeHTTPS: 443, schemeHTTP: 80}[u.Scheme]
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}
