//go:build e2e

package e2e

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// way passes connections to a peer at an address of its own, for as long as it is open.
type way struct {
	address, to string // to is host:port, or the path of a socket

	mu          sync.Mutex
	listener    net.Listener
	connections []net.Conn
	taken       int           // how often
	blocked     chan struct{} // when not nil, nothing passes until it is closed
}

// newWay opens a way. The test closes it.
func newWay(t *testing.T, to string) *way {
	t.Helper()
	w := &way{address: freeAddress(t), to: to}
	w.open(t)
	t.Cleanup(w.close)
	return w
}

func (w *way) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.listener = listener
	w.mu.Unlock()
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			w.pass(from)
		}
	}()
}

func (w *way) pass(from net.Conn) {
	network := "tcp"
	if filepath.IsAbs(w.to) {
		network = "unix"
	}
	to, err := net.Dial(network, w.to)
	if err != nil {
		from.Close()
		return
	}
	w.mu.Lock()
	w.connections = append(w.connections, from, to)
	w.taken++
	w.mu.Unlock()
	for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			_, _ = io.Copy(ends[0], through{w, ends[1]})
			ends[0].Close()
		}()
	}
}

// close breaks what goes this way, and lets nothing new in.
func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener.Close()
	for _, c := range w.connections {
		c.Close()
	}
	w.connections = nil
}

func (w *way) used() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// block lets nothing pass, and keeps the connections, until it is let again.
func (w *way) block() (let func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	blocked := make(chan struct{})
	w.blocked = blocked
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.blocked = nil
		close(blocked)
	})
}

// through reads what passes a way.
type through struct {
	way  *way
	from net.Conn
}

func (t through) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	t.way.mu.Lock()
	blocked := t.way.blocked
	t.way.mu.Unlock()
	if blocked != nil {
		<-blocked
	}
	return n, err
}
