//go:build e2e && linux

package faults_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// witness is the member whose peer nothing happens to.
const witness = "auditor"

// watch is what the witness's peer records of a row's devices, as it does.
type watch struct {
	prefix   string // of their ids
	mu       sync.Mutex
	recorded map[audit.Recorded]bool
	greatest map[string]uint64 // sequence number, by device
	last     time.Time         // when something was recorded last
	pause    time.Duration     // the longest without, since begin
	counting bool
}

// follow watches from a block on, until ctx ends, the devices whose ids have a prefix.
func follow(ctx context.Context, t *testing.T, from uint64, prefix string) *watch {
	t.Helper()
	p, err := audit.Connect(local.at, witness)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	w, ended := &watch{prefix: prefix, recorded: map[audit.Recorded]bool{}, greatest: map[string]uint64{}}, make(chan error, 1)
	go func() { ended <- p.Follow(ctx, from, w.add) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = p.Close() // nothing is left on it
	})
	return w
}

func (w *watch) add(recorded []audit.Recorded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	some := false
	for _, r := range recorded {
		if strings.HasPrefix(r.Device, w.prefix) {
			some, w.recorded[audit.Recorded{Device: r.Device, Sequence: r.Sequence}] = true, true
			w.greatest[r.Device] = max(w.greatest[r.Device], r.Sequence)
		}
	}
	if some {
		w.note()
		w.last = time.Now()
	}
}

// note takes what has passed since the last commit for a pause.
func (w *watch) note() {
	if w.counting {
		w.pause = max(w.pause, time.Since(w.last))
	}
}

// begin begins to look for pauses, as if something was recorded now.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counting, w.last = true, time.Now()
}

// end ends that.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note()
	w.counting = false
}

func (w *watch) longest() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pause
}

// idle is how long nothing has been recorded.
func (w *watch) idle() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.last)
}

func (w *watch) has(device string, sequence uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recorded[audit.Recorded{Device: device, Sequence: sequence}]
}

// beyond reports whether a message of a device with a greater number is recorded.
func (w *watch) beyond(device string, sequence uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.greatest[device] > sequence
}

func (w *watch) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.recorded)
}

// more waits until something more is recorded.
func (w *watch) more(ctx context.Context, t *testing.T) {
	t.Helper()
	for n := w.count(); w.count() == n; {
		if ctx.Err() != nil {
			t.Fatal("nothing is recorded any more")
		}
		pause(ctx, pollInterval)
	}
}

// pollInterval is the time between two looks at what nothing announces.
const pollInterval = 100 * time.Millisecond

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// height is how many blocks a member's peer has.
func height(ctx context.Context, t *testing.T, member string) uint64 {
	t.Helper()
	h, err := heightOf(ctx, member)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func heightOf(ctx context.Context, member string) (uint64, error) {
	p, err := audit.Connect(local.at, member)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return p.Height(ctx)
}

// awaitHeight waits until every peer has so many blocks: one that was down catches up by itself.
func awaitHeight(ctx context.Context, t *testing.T, h uint64) {
	t.Helper()
	for member := range local.at.Members {
		for {
			got, err := heightOf(ctx, member)
			if err == nil && got >= h {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("the peer of %s has %d of %d blocks: %v", member, got, h, err)
			}
			pause(ctx, pollInterval)
		}
	}
}
