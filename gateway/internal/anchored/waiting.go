package anchored

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// A device is due once so many of its windows wait for their check, or one has waited so long.
const (
	dueWindows = waymark.MaxUnchecked / 2
	dueAfter   = 10 * time.Minute
)

// Pauses before a device's windows are checked again: until the check that was sent should be in a block, and after failures.
const (
	firstAgain = time.Minute
	lastAgain  = time.Hour
)

// waiting is which devices have windows that wait for their check by this member, as the blocks tell. It is safe for concurrent use.
type waiting struct {
	member  string
	now     func() time.Time
	mu      sync.Mutex
	devices map[string]*device
}

// device is a device with windows that wait.
type device struct {
	windows int
	since   time.Time // the oldest
	not     time.Time // not to be tried before
	pause   time.Duration
}

// note takes what a block did to streams: of devices whose messages this member recorded, and of those that are waited for.
func (w *waiting) note(b ledger.Block) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, tx := range b.Transactions {
		if tx.Status != ledger.Valid {
			continue
		}
		for _, put := range tx.Writes {
			if id, is := strings.CutPrefix(put.Key, "stream/"); is {
				w.stream(strings.TrimSuffix(id, "/"), put.Value, tx.Member == w.member)
			}
		}
	}
}

// stream takes a device's stream. It needs the lock.
func (w *waiting) stream(id string, value []byte, ours bool) {
	d := w.devices[id]
	if d == nil && !ours {
		return
	}
	windows := 0
	if bytes.Contains(value, []byte(`"unchecked":[{`)) { // most have none
		var s waymark.Stream
		if json.Unmarshal(value, &s) == nil && s.Anchored != nil {
			windows = len(s.Anchored.Unchecked)
		}
	}
	switch {
	case windows == 0:
		delete(w.devices, id)
	case d == nil:
		w.devices[id] = &device{windows: windows, since: w.now(), pause: firstAgain}
	case windows < d.windows: // some were checked
		*d = device{windows: windows, since: w.now(), pause: firstAgain}
	default:
		d.windows = windows
	}
}

// overdue adds a device whose windows have waited for nobody knows how long.
func (w *waiting) overdue(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.devices[id] == nil {
		w.devices[id] = &device{windows: dueWindows, since: w.now(), pause: firstAgain}
	}
}

// due are some devices that are due now. None of them is again within firstAgain.
func (w *waiting) due(most int) (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for id, d := range w.devices {
		if len(ids) < most && !now.Before(d.not) && (d.windows >= dueWindows || now.Sub(d.since) >= dueAfter) {
			d.not = now.Add(firstAgain)
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// failed has a device wait, twice as long each time.
func (w *waiting) failed(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.devices[id]; d != nil {
		d.not = w.now().Add(d.pause)
		d.pause = min(2*d.pause, lastAgain)
	}
}

// drop forgets a device: its windows are others' to check, or there are none.
func (w *waiting) drop(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.devices, id)
}
