package broker

import (
	"crypto/tls"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

// maxNewcomers bounds the connections that have begun a handshake and not logged in. Each can have the server keep a packet of maxPayload that does not
// end, which takes some 350 KiB with what it needs beside: 180 MiB together.
const maxNewcomers = 512

// newcomers are those connections. Beyond their number one of them, whichever, is ended for the next: who holds connections open, or opens
// them by the hundred, keeps nobody out for sure who logs in at once. It is safe for concurrent use.
type newcomers struct {
	most int

	mu   sync.Mutex
	here []newcomer // some may have ended by themselves
}

type newcomer struct {
	address string
	conn    net.Conn
}

func newNewcomers() *newcomers { return &newcomers{most: maxNewcomers} }

// greet is told of each connection whose handshake begins.
func (n *newcomers) greet(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.here) >= n.most {
		at := rand.IntN(len(n.here)) //nolint:gosec // nobody outside can tell
		_ = n.here[at].conn.Close()
		n.here = slices.Delete(n.here, at, at+1)
	}
	n.here = append(n.here, newcomer{hello.Conn.RemoteAddr().String(), hello.Conn})
	return nil, nil
}

// decided is told of each connection that was let in or refused: the server ends the latter.
func (n *newcomers) decided(from net.Addr) {
	if from == nil { // it has ended
		return
	}
	address := from.String()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.here = slices.DeleteFunc(n.here, func(c newcomer) bool { return c.address == address })
}
