package webhooks

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

func guardOf(t *testing.T, http bool, allowed ...string) *Guard {
	t.Helper()
	g, err := NewGuard(allowed, http)
	must(t, err)
	return g
}

// TestPrivateAddressesAreRefused, whatever they are written as (ASVS 5.0: 1.3.6).
func TestPrivateAddressesAreRefused(t *testing.T) {
	g := guardOf(t, false)
	for _, ip := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
		"240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1",
		"100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "3fff::1", "4000::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1",
	} {
		for _, port := range []uint16{443, 8443} {
			if g.permits(schemeHTTPS, netip.AddrPortFrom(netip.MustParseAddr(ip), port)) {
				t.Errorf("%s may be called on port %d", ip, port)
			}
		}
	}
}

func TestPublicAddressesArePermitted(t *testing.T) {
	g := guardOf(t, true, "10.1.2.0/24", "fd00:1::/32")
	tests := []struct {
		at          string
		https, http bool
	}{
		{at: "93.184.216.34:443", https: true},
		{at: "93.184.216.34:8443", https: true},
		{at: "93.184.216.34:80"},
		{at: "93.184.216.34:22"},
		{at: "93.184.216.34:0"},
		{at: "[::ffff:93.184.216.34]:443", https: true},
		{at: "[2606:2800:220:1::1]:443", https: true},
		{at: "[2606:2800:220:1::1]:25"},
		{at: "172.32.0.1:443", https: true},
		{at: "10.1.2.9:443", https: true, http: true},
		{at: "10.1.2.9:9000", https: true, http: true},
		{at: "[::ffff:10.1.2.9]:9000", https: true, http: true},
		{at: "[fd00:1::9]:80", https: true, http: true},
		{at: "10.1.3.9:443"},
		{at: "[fd00:2::9]:443"},
		{at: "[64:ff9b::a01:209]:443"},
	}
	strict := guardOf(t, false, "10.1.2.0/24")
	for _, tt := range tests {
		at := netip.MustParseAddrPort(tt.at)
		if https, http := g.permits(schemeHTTPS, at), g.permits(schemeHTTP, at); https != tt.https || http != tt.http {
			t.Errorf("%s: https %t, http %t", tt.at, https, http)
		}
		if strict.permits(schemeHTTP, at) {
			t.Errorf("%s may be called without TLS", tt.at)
		}
	}
	if g.control(schemeHTTPS)("tcp", "no address", nil) == nil {
		t.Error("what is no address may be called")
	}
	if _, err := NewGuard([]string{"10.0.0.1"}, false); err == nil {
		t.Error("an address is a network")
	}
}

func TestURLsThatCannotBeCalled(t *testing.T) {
	strict, lax := guardOf(t, false), guardOf(t, true, "10.0.0.0/8")
	tests := []struct {
		url         string
		strict, lax bool
	}{
		{"https://erp.example/hook", true, true},
		{"https://93.184.216.34/hook?x=1", true, true},
		{"https://93.184.216.34:8443/", true, true},
		{"https://93.184.216.34:8080/", false, false},
		{"https://93.184.216.34:99999/", false, false},
		{"https://10.0.0.1:99999/", false, false},
		{"https://10.0.0.1:0/", false, false},
		{"https://10.0.0.1/", false, true},
		{"https://10.0.0.1:9000/", false, true},
		{"http://10.0.0.1:9000/", false, true},
		{"http://93.184.216.34/", false, false},
		{"http://erp.example/", false, true}, // as long as it leads there
		{"https://127.0.0.1/", false, false},
		{"https://[::1]/", false, false},
		{"https://[::ffff:127.0.0.1]/", false, false},
		{"https://[fe80::1%25eth0]/", false, false},
	}
	for _, tt := range tests {
		for g, want := range map[*Guard]bool{strict: tt.strict, lax: tt.lax} {
			err := g.check(tt.url)
			if (err == nil) != want || err != nil && (waymark.CodeOf(err) != waymark.Invalid || waymark.AsError(err).Field != "/url") {
				t.Errorf("%s: %v, want %t", tt.url, err, want)
			}
		}
	}
}

// names is a name server that answers every name with one address.
type names struct{ ip atomic.Pointer[[4]byte] }

// resolver asks it, until the test ends.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { _ = server.Close(); <-done })
	go func() {
		defer close(done)
		query := make([]byte, 512)
		for {
			length, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(n.answer(query[:length]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// answer is that to a query (RFC 1035, clause 4): an address for type A, and nothing for any other.
func (n *names) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if query[end-3] == 1 {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, n.ip.Load()[:]...)
	}
	return reply
}

// serveAt serves TLS at an address.
func serveAt(t *testing.T, address string, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	must(t, err)
	server := httptest.NewUnstartedServer(h)
	_ = server.Listener.Close()
	server.Listener = listener
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// rootsOf are the authorities of a test's server.
func rootsOf(server *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return roots
}

// TestANameThatLeadsElsewhere: a name server that changes its answer between two looks, or has it changed, leads nobody
// to an address that may not be called (ASVS 5.0: 1.3.6).
func TestANameThatLeadsElsewhere(t *testing.T) {
	var allowed, inside atomic.Int32
	target := serveAt(t, "127.0.0.2:0", func(http.ResponseWriter, *http.Request) { allowed.Add(1) })
	_, port, err := net.SplitHostPort(target.Listener.Addr().String())
	must(t, err)
	serveAt(t, "127.0.0.1:"+port, func(http.ResponseWriter, *http.Request) { inside.Add(1) })
	n := new(names)
	s := newSender(guardOf(t, true, "127.0.0.2/32"), rootsOf(target), n.resolver(t), 5*time.Second)
	defer s.close()
	h := hook{id: "wh-1", url: "https://example.com:" + port + "/", secret: newSecret()}
	for round, tt := range []struct {
		leads [4]byte
		want  result
	}{
		{[4]byte{127, 0, 0, 2}, result{delivered: true}},
		{[4]byte{127, 0, 0, 1}, result{problem: problemAddress}},
		{[4]byte{127, 0, 0, 2}, result{delivered: true}},
		{[4]byte{169, 254, 169, 254}, result{problem: problemAddress}},
	} {
		s.close() // so that the next one connects anew
		n.ip.Store(&tt.leads)
		if got, _ := s.send(t.Context(), h, client.Event{ID: "1:0:0"}); got != tt.want {
			t.Errorf("round %d: %+v, want %+v", round, got, tt.want)
		}
	}
	h.url = "http://example.com:" + port + "/"
	n.ip.Store(&[4]byte{127, 0, 0, 1})
	if got, _ := s.send(t.Context(), h, client.Event{ID: "1:0:0"}); got.problem != problemAddress {
		t.Errorf("without TLS: %+v", got)
	}
	if allowed.Load() != 2 || inside.Load() != 0 {
		t.Errorf("the target was called %d times, and the inside %d times", allowed.Load(), inside.Load())
	}
}
