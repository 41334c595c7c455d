package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const (
	// maxUnwritten is how many bytes of lines wait to be written: some ten thousand lines.
	maxUnwritten = 4 << 20
	// flushTimeout bounds how long a gateway that ends waits for them.
	flushTimeout = 2 * time.Second
)

// errLineLost is about a line that was not taken.
var errLineLost = errors.New("the line is lost: what the log is written to takes no more")

// outlet writes lines to a stream whose reader may stop reading, in the order in which they come.
// Nobody waits for that: lines wait instead, and what does not fit any more is lost, and counted. It
// is safe for concurrent use.
type outlet struct {
	to   io.Writer
	most int // bytes that wait
	lost prometheus.Counter
	done chan struct{} // closed once nothing is written any more

	mu      sync.Mutex
	come    sync.Cond
	waiting []byte // whole lines
	writing int    // bytes that were taken off waiting and are not written yet
	losing  bool   // lines were lost, and none was written since
	closed  bool
}

// newOutlet returns an outlet that holds so many bytes at most. Close it.
func newOutlet(to io.Writer, most int, registry prometheus.Registerer) *outlet {
	o := &outlet{to: to, most: most, done: make(chan struct{}), lost: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "waymark_gateway_log_lost_total",
		Help: "Lines of stderr that are lost, since what it is written to took no more.",
	})}
	o.come.L = &o.mu
	registry.MustRegister(o.lost)
	go o.run()
	return o
}

// Write takes a line, or returns errLineLost.
func (o *outlet) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.waiting)+o.writing+len(line) > o.most {
		o.losing = true
		o.lost.Inc()
		return 0, errLineLost
	}
	o.waiting = append(o.waiting, line...)
	o.come.Signal()
	return len(line), nil
}

// Sync is half of zapcore.WriteSyncer.
func (o *outlet) Sync() error { return nil }

// check returns Unavailable while lines are lost.
func (o *outlet) check(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.losing {
		return waymark.Errorf(waymark.Unavailable, "nobody reads the log: lines of it are lost")
	}
	return nil
}

// close ends it. It waits for the lines that it has, though not for long.
func (o *outlet) close() {
	o.mu.Lock()
	o.closed = true
	o.come.Signal()
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-time.After(flushTimeout):
	}
}

func (o *outlet) run() {
	defer close(o.done)
	var written []byte
	for {
		lines := o.next(written[:0])
		if len(lines) == 0 {
			return
		}
		_, err := o.to.Write(lines)
		o.wrote(lines, err)
		written = lines
	}
}

// next waits for lines, and returns none when it is closed and has no more. Those that come next are put into room.
func (o *outlet) next(room []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 && !o.closed {
		o.come.Wait()
	}
	lines := o.waiting
	o.waiting, o.writing = room, len(lines)
	return lines
}

// wrote notes what became of lines.
func (o *outlet) wrote(lines []byte, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing, o.losing = 0, err != nil
	if err != nil {
		o.lost.Add(float64(bytes.Count(lines, []byte{'\n'})))
	}
}
