package broker

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// maxNewcomers bounds the connections that have ended their handshake and not their CONNECT. Each can have a packet of
// maxPacket kept that does not end: 64 MiB together.
const maxNewcomers = 512

// newcomers are those connections. Beyond their number one of them, whichever, is ended for the next: who holds connections open, or opens
// them by the hundred, keeps nobody out for sure who says his CONNECT at once. It is safe for concurrent use.
type newcomers struct {
	most int

	mu   sync.Mutex
	here []*connection
}

func newNewcomers(most int) *newcomers { return &newcomers{most: most} }

func (n *newcomers) greet(c *connection) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.here) >= n.most {
		at := rand.IntN(len(n.here)) //nolint:gosec // nobody outside can tell
		n.here[at].end(errCrowdedOut)
		n.here = slices.Delete(n.here, at, at+1)
	}
	n.here = append(n.here, c)
}

// introduced is told of each connection that has said its CONNECT, or has ended.
func (n *newcomers) introduced(c *connection) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.here = slices.DeleteFunc(n.here, func(other *connection) bool { return other == c })
}

// held is how many there are.
func (n *newcomers) held() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.here)
}
