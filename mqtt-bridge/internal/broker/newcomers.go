package broker

import (
	"crypto/tls"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

// maxNewcomers bounds the connections that have ended their handshake and not their CONNECT. Each can have the server keep a packet of
// maxPayload that does not end, which takes some 350 KiB with what it needs beside: 180 MiB together.
const maxNewcomers = 512

// newcomers are those connections. Beyond their number one of them, whichever, is ended for the next: who holds connections open, or opens
// them by the hundred, keeps nobody out for sure who says his CONNECT at once. It is safe for concurrent use.
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

// greeting returns what makes of a listener's configuration that of one connection, which is greeted at the end of its handshake.
func (n *newcomers) greeting(of *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config := of.Clone()
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if err := checkChain(state.PeerCertificates); err != nil {
				return err
			}
			n.greet(hello.Conn)
			return nil
		}
		return config, nil
	}
}

func (n *newcomers) greet(conn net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.here) >= n.most {
		at := rand.IntN(len(n.here)) //nolint:gosec // nobody outside can tell
		_ = n.here[at].conn.Close()
		n.here = slices.Delete(n.here, at, at+1)
	}
	n.here = append(n.here, newcomer{conn.RemoteAddr().String(), conn})
}

// introduced is told of each connection that has said its CONNECT: whatever becomes of it, it keeps no more of the server's memory.
func (n *newcomers) introduced(from net.Addr) {
	if from == nil { // it has ended
		return
	}
	address := from.String()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.here = slices.DeleteFunc(n.here, func(c newcomer) bool { return c.address == address })
}
