package topology_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

func demo(dir string) topology.Network {
	return topology.Network{
		Dir: dir, Bin: "/bin", BasePort: topology.DefaultBasePort,
		Ordering: topology.BFT, Channel: topology.DefaultChannel,
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*topology.Network)
		want   string // part of the error, "" for none
	}{
		{"the defaults", func(*topology.Network) {}, ""},
		{"raft", func(n *topology.Network) { n.Ordering = topology.Raft }, ""},
		{"last base port", func(n *topology.Network) { n.BasePort = 65436 }, ""},
		{"base port too high", func(n *topology.Network) { n.BasePort = 65437 }, "base port"},
		{"privileged base port", func(n *topology.Network) { n.BasePort = 1023 }, "base port"},
		{"relative directory", func(n *topology.Network) { n.Dir = ".waymark" }, "absolute"},
		{"no binaries", func(n *topology.Network) { n.Bin = "" }, "absolute"},
		{"unknown ordering", func(n *topology.Network) { n.Ordering = "solo" }, "neither"},
		{"upper-case channel", func(n *topology.Network) { n.Channel = "Waymark" }, "channel"},
		{"no channel", func(n *topology.Network) { n.Channel = "" }, "channel"},
		{"long channel", func(n *topology.Network) { n.Channel = strings.Repeat("a", 250) }, "channel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := demo("/state")
			tt.change(&n)
			err := n.Validate()
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
		})
	}
}

// Two networks whose base ports are PortSpan apart must never meet.
func TestPortsAreDistinctAndWithinTheSpan(t *testing.T) {
	n := demo("/state")
	ports := []int{n.MQTTPort(), n.BridgePort()}
	for _, m := range topology.Members() {
		p := n.Ports(m)
		ports = append(ports, p.Gateway, p.Peer, p.PeerChaincode, p.PeerOperations,
			p.Chaincode[0], p.Chaincode[1], p.Orderer, p.OrdererAdmin, p.OrdererOperations)
	}
	seen := make(map[int]bool)
	for _, port := range ports {
		if port < n.BasePort || port >= n.BasePort+topology.PortSpan {
			t.Errorf("port %d is outside the network's span", port)
		}
		if seen[port] {
			t.Errorf("port %d is used twice", port)
		}
		seen[port] = true
	}
}

func TestMembers(t *testing.T) {
	for i, m := range topology.Members() {
		if m.ConsenterID() != i+1 {
			t.Errorf("%s: consenter id %d, want %d", m.ID, m.ConsenterID(), i+1)
		}
		if len(m.GLN) != 13 {
			t.Fatalf("%s: GLN %q has not 13 digits", m.ID, m.GLN)
		}
		// With its check digit included, the weighted sum is a multiple of ten.
		sum := 0
		for at, digit := range m.GLN {
			sum += int(digit-'0') * (1 + 2*(at%2))
		}
		if sum%10 != 0 {
			t.Errorf("%s: GLN %s has a wrong check digit", m.ID, m.GLN)
		}
	}
	if a, b := topology.Members(), topology.Members(); &a[0] == &b[0] {
		t.Error("callers share one slice of members")
	}
}

func TestPolicies(t *testing.T) {
	const members = "'producer.peer', 'carrier.peer', 'retailer.peer', 'auditor.peer'"
	if got, want := topology.MostOf("peer"), "OutOf(3, "+members+")"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := topology.AnyOf("peer"), "OR("+members+")"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 7: 4} {
		if got := topology.Quorum(n); got != want {
			t.Errorf("quorum of %d is %d, want %d", n, got, want)
		}
	}
}

func TestSocketPathFitsASocket(t *testing.T) {
	if got := demo("/state").Socket(); got != "/state/supervisor.sock" {
		t.Errorf("got %s, want the socket in the state directory", got)
	}
	long := demo("/" + strings.Repeat("d", 120))
	if got := long.Socket(); len(got) > 104 {
		t.Errorf("%s is too long for a unix socket", got)
	}
	if other := demo("/" + strings.Repeat("e", 120)); other.Socket() == long.Socket() {
		t.Error("two networks share a socket")
	}
}

// Purging must spare whatever else is in the directory, such as the binaries.
func TestPurgeableIsOurs(t *testing.T) {
	n := demo("/state")
	n.Bin = "/state/bin"
	for _, path := range n.Purgeable() {
		if path == n.Dir || path == n.Bin || !strings.HasPrefix(path, n.Dir+"/") {
			t.Errorf("purge would remove %s", path)
		}
	}
}

func TestCredentialsStayUnderTheirRoot(t *testing.T) {
	m := topology.Members()[1]
	c := topology.CredentialsUnder("/keys", m)
	if c.Identity(topology.RoleViewer) == c.Identity(topology.RoleAdmin) {
		t.Error("two roles share one identity")
	}
	for _, path := range []string{c.CA().Key, c.TLSCA().Cert, c.PeerMSP(), c.OrdererMSP(), c.Token(topology.RoleRelay)} {
		if rel, err := filepath.Rel("/keys", path); err != nil || !strings.Contains(rel, m.ID) {
			t.Errorf("%s is not the member's own, under its root", path)
		}
	}
}
