// Package way is the network between two processes, as far as it can fail: connections pass, or break, or
// nothing passes on them.
package way

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// Way passes connections on at an address of its own, for as long as it is open.
type Way struct {
	// Address is where it is entered, host:port.
	Address string

	to string // host:port, or the path of a socket

	mu          sync.Mutex
	listener    net.Listener
	connections []net.Conn
	taken       int           // how often
	blocked     chan struct{} // when not nil, nothing passes until it is closed
}

// New opens a way to a server: host:port, or the path of a socket. The end of the test closes it.
func New(t *testing.T, to string) *Way {
	t.Helper()
	w := &Way{Address: "127.0.0.1:0", to: to}
	w.Open(t)
	w.Address = w.listener.Addr().String()
	t.Cleanup(w.Close)
	return w
}

// Open opens a way that was closed, at the same address.
func (w *Way) Open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", w.Address)
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

func (w *Way) pass(from net.Conn) {
	network := "tcp"
	if filepath.IsAbs(w.to) {
		network = "unix"
	}
	to, err := net.Dial(network, w.to)
	if err != nil {
		_ = from.Close() // there is nobody to tell
		return
	}
	w.mu.Lock()
	w.connections = append(w.connections, from, to)
	w.taken++
	w.mu.Unlock()
	for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			_, _ = io.Copy(ends[0], through{w, ends[1]})
			_ = ends[0].Close() // it may be closed
		}()
	}
}

// Close breaks what goes this way, and lets nothing new in.
func (w *Way) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.listener.Close() // it may be closed
	for _, c := range w.connections {
		_ = c.Close() // it may be closed
	}
	w.connections = nil
}

// Used returns how often the way was taken.
func (w *Way) Used() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// Block lets nothing pass, and keeps the connections, until it is let again.
func (w *Way) Block() (let func()) {
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
	way  *Way
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
