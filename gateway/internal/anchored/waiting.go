package anchored

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// A device is due once so many of its windows wait for their check, or one has waited so long.
const (
	dueWindows = waymark.MaxUnchecked / 2
	dueAfter   = 10 * time.Minute
)

// mostOffered bounds the shipments that are known to be offered.
const mostOffered = 10_000

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
	offered map[string]bool // the shipments of which a handoff waits for its answer
}

// device is a device with windows that wait.
type device struct {
	shipment string    // that it witnessed with its last window
	windows  []waited  // as the last block told, oldest first
	since    time.Time // when it was first told of
	overdue  bool      // its windows have waited for nobody knows how long
	more     bool      // a check left some of those that were due
	not      time.Time // not to be tried before
	pause    time.Duration
}

// waited is a window, by the number of its first message.
type waited struct {
	first uint64
	since time.Time
}

// oldest is since when the oldest window waits.
func (d *device) oldest() time.Time {
	if len(d.windows) == 0 {
		return d.since
	}
	return d.windows[0].since
}

// due reports whether its windows are to be checked.
func (d *device) due(now time.Time) bool {
	return !now.Before(d.not) && (d.overdue || d.more || len(d.windows) >= dueWindows || now.Sub(d.oldest()) >= dueAfter)
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
		w.shipments(tx)
		w.handoff(tx)
	}
}

// shipments takes which shipments devices witness that wait. It needs the lock.
func (w *waiting) shipments(tx ledger.BlockTransaction) {
	for _, put := range tx.Writes {
		rest, is := strings.CutPrefix(put.Key, "window/")
		id, _, _ := strings.Cut(rest, "/")
		d := w.devices[id]
		if !is || d == nil || put.Value == nil {
			continue
		}
		if of, err := window.Decode(id, put.Value); err == nil {
			d.shipment = of.Shipment
		}
	}
}

// handoff takes that one was offered, or answered: before its answer what witnesses anchored is checked at once. It needs the lock.
func (w *waiting) handoff(tx ledger.BlockTransaction) {
	if tx.Event == nil || !strings.HasPrefix(tx.Event.Name, "handoff.") || tx.CheckTold() != nil {
		return
	}
	var told waymark.HandoffEvent
	if json.Unmarshal(tx.Event.Payload, &told) != nil {
		return
	}
	delete(w.offered, told.Shipment)
	if tx.Event.Name != waymark.EventHandoffOffered {
		return
	}
	if len(w.offered) >= mostOffered { // of offers that expired nobody tells
		clear(w.offered)
	}
	w.offered[told.Shipment] = true
}

// stream takes a device's stream. It needs the lock.
func (w *waiting) stream(id string, value []byte, ours bool) {
	d := w.devices[id]
	if d == nil && !ours {
		return
	}
	now := w.now()
	windows := waitedOf(value, now)
	if len(windows) == 0 {
		delete(w.devices, id)
		return
	}
	if d == nil {
		d = &device{since: now, pause: firstAgain}
		w.devices[id] = d
	}
	if d.checked(windows[0].first) {
		d.not, d.pause = time.Time{}, firstAgain
	}
	for i := range windows {
		if at := slices.IndexFunc(d.windows, func(o waited) bool { return o.first == windows[i].first }); at >= 0 {
			windows[i].since = d.windows[at].since
		}
	}
	d.windows, d.overdue = windows, d.overdue && len(d.windows) == 0
}

// checked reports whether some of the windows that waited do not any more, now that one is the oldest.
func (d *device) checked(oldest uint64) bool {
	return len(d.windows) > 0 && d.windows[0].first != oldest
}

// waitedOf are the windows that wait according to a stream.
func waitedOf(value []byte, now time.Time) (windows []waited) {
	if !bytes.Contains(value, []byte(`"unchecked":[{`)) { // most have none
		return nil
	}
	var s waymark.Stream
	if json.Unmarshal(value, &s) == nil && s.Anchored != nil {
		for _, run := range s.Anchored.Unchecked {
			windows = append(windows, waited{run.First, now})
		}
	}
	return windows
}

// overdue adds a device whose windows have waited for nobody knows how long.
func (w *waiting) overdue(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.devices[id] == nil {
		w.devices[id] = &device{since: w.now(), overdue: true, pause: firstAgain}
	}
}

// due are some devices that are due now, those first that have waited longest. None of them is again within firstAgain, unless a block tells that
// some of its windows were checked.
func (w *waiting) due(most int) (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for id, d := range w.devices {
		if d.due(now) || w.offered[d.shipment] && !now.Before(d.not) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(x, y string) int {
		return cmp.Or(w.devices[x].oldest().Compare(w.devices[y].oldest()), cmp.Compare(x, y))
	})
	ids = ids[:min(len(ids), most)]
	for _, id := range ids {
		w.devices[id].not = now.Add(firstAgain)
	}
	return ids
}

// sum tells: how many windows wait, as far as is known, and how long the oldest has.
func (w *waiting) sum() (windows int, longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, d := range w.devices {
		windows += len(d.windows)
		longest = max(longest, now.Sub(d.oldest()))
	}
	return windows, longest
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

// sent notes that windows of a device were checked, and whether that left some of those that were to be: they are due as soon as a block
// tells of the check.
func (w *waiting) sent(id string, left bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.devices[id]; d != nil {
		d.more = left
	}
}

// clear forgets all: another gateway sends the checks from here on, or this one anew.
func (w *waiting) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.devices)
	clear(w.offered)
}

// drop forgets a device: its windows are others' to check, or there are none.
func (w *waiting) drop(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.devices, id)
}
