package broker

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// maxUnread bounds what waits to be written to a connection. One that reads nothing and goes on asking is ended.
	maxUnread = 64 << 10
	// maxOffered is the part of that within which more may be offered that the client did not ask for.
	maxOffered = 32 << 10
)

// outbox has what waits to be written to a connection: while it has anything, a goroutine writes, all that waits at once.
type outbox struct {
	conn   net.Conn
	failed func(error) // ends the connection

	mu      sync.Mutex
	waiting []byte
	idle    chan struct{} // closed once nothing is written any more; nil then
}

// add has a packet written. It does not block.
func (o *outbox) add(p []byte) {
	if !o.put(p, maxUnread) {
		o.failed(errUnread)
	}
}

// offer has a packet written if not much waits, and reports whether it is.
func (o *outbox) offer(p []byte) bool { return o.put(p, maxOffered) }

func (o *outbox) put(p []byte, most int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting)+len(p) > most {
		return false
	}
	o.waiting = append(o.waiting, p...)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.write()
	}
	return true
}

// write writes until nothing waits.
func (o *outbox) write() {
	for p := o.take(); p != nil; p = o.take() {
		err := o.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err == nil {
			_, err = o.conn.Write(p)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errUnread
		}
		if err != nil {
			o.failed(err)
		}
	}
}

// take takes all that waits.
func (o *outbox) take() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.waiting
	if o.waiting = nil; p == nil {
		close(o.idle)
		o.idle = nil
	}
	return p
}

// settle waits until nothing is written any more, for so long at most, and reports whether that is so.
func (o *outbox) settle(most time.Duration) bool {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	if idle == nil {
		return true
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}
