// Package porttest gives tests addresses for what they start to listen on, where that has to be told a port beforehand:
// one that was free a moment ago may be somebody else's by then, of which a test that is right fails. Where a program can say on
// which port it listens, port 0 is better.
package porttest

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports that are given. They end below those that Linux gives out by itself, to listeners on port 0 and to connections, from
// 32768 on; the networks of this repository's own tests and benchmarks have theirs below them.
const (
	first = 23000
	ports = 9000
)

// Address returns an address of this machine, 127.0.0.1:port, on which nothing listens and which no other caller of any process
// is given before the test ends. It fails the test if there is none.
func Address(t testing.TB) string {
	t.Helper()
	//determinism: of tests alone
	begin := rand.IntN(ports) //nolint:gosec // not a secret, but that who was at an address before has forgotten it
	for i := range ports {
		if address := "127.0.0.1:" + strconv.Itoa(first+(begin+i)%ports); hold(t, address) {
			return address
		}
	}
	t.Fatalf("none of the ports from %d on is free", first)
	return ""
}

// hold keeps an address until the test ends, by the UDP port of the same number, and reports whether that and the TCP port
// were free.
func hold(t testing.TB, address string) bool {
	t.Helper()
	var of net.ListenConfig
	mark, err := of.ListenPacket(context.Background(), "udp", address)
	if err != nil {
		return false
	}
	listener, err := of.Listen(context.Background(), "tcp", address)
	if err != nil {
		_ = mark.Close() // nothing was sent
		return false
	}
	_ = listener.Close() // nobody has connected
	t.Cleanup(func() { _ = mark.Close() })
	return true
}
