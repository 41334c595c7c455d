package command

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Commands of devices that were never there keep out none of a device that was, and come when theirs does.
func TestCommandsOfStrangersGiveWay(t *testing.T) {
	w := newWorld()
	far := time.Now().Add(1e6 * time.Hour)
	run(t, w, func(b *Book) {
		b.bound(2)
		w.set(func() { w.strangers = map[string]bool{"absent-1": true, "absent-2": true, "absent-3": true} })
		for i, device := range []string{"absent-1", "absent-2", "absent-3"} {
			w.set(func() { w.open[device] = []waymark.Command{requested(device, "c")} })
			take(t, b, event(t, i+1, waymark.EventCommandRequested, device, "c", far))
		}
		synctest.Wait()
		if b.Len() != 2 || !slices.Equal(w.asked, []string{"absent-1", "absent-2"}) {
			t.Errorf("%d open, asked %v", b.Len(), w.asked)
		}
		w.take()
		w.set(func() { w.open["logger-1"] = []waymark.Command{requested("logger-1", "c")} })
		take(t, b, event(t, 4, waymark.EventCommandRequested, "logger-1", "c", far))
		synctest.Wait()
		if got := w.take(); !slices.Contains(got, "logger-1/c") || b.Len() != 2 || len(w.shelf) != 2 {
			t.Errorf("published %v, %d open, on the disk %v", got, b.Len(), w.shelf)
		}
		w.set(func() { w.open["logger-2"] = []waymark.Command{requested("logger-2", "c")} })
		b.Connected("logger-2")
		synctest.Wait()
		if got := w.take(); !slices.Contains(got, "logger-2/c") {
			t.Errorf("published %v to a device that connects to a full book, asked %v", got, w.asked)
		}
		take(t, b, event(t, 5, waymark.EventCommandClosed, "logger-1", "c", far))
		w.set(func() { delete(w.strangers, "absent-1") })
		b.Connected("absent-1")
		synctest.Wait()
		if got := w.take(); !slices.Contains(got, "absent-1/c") {
			t.Errorf("published %v to a device that appears, asked %v", got, w.asked)
		}
	})
}

func TestTheBookIsBounded(t *testing.T) {
	w := newWorld()
	far := time.Now().Add(1e6 * time.Hour)
	run(t, w, func(b *Book) {
		b.bound(2)
		for n := range 4 {
			device := fmt.Sprintf("logger-%d", n)
			w.mu.Lock()
			w.open[device] = []waymark.Command{{ID: "c", Device: device, Name: "wake", Arguments: "{}", ExpiresAt: far, Requested: waymark.Stamp{TxID: txID}}}
			w.mu.Unlock()
			take(t, b, event(t, n+1, waymark.EventCommandRequested, device, "c", far))
		}
		synctest.Wait()
		if b.Len() != 2 || b.Stale() != 2 || !slices.Equal(w.asked, []string{"logger-0", "logger-1"}) {
			t.Errorf("%d open, %d devices stale, asked %v", b.Len(), b.Stale(), w.asked)
		}
		take(t, b, event(t, 5, waymark.EventCommandClosed, "logger-0", "c", far))
		synctest.Wait()
		if b.Len() != 2 || b.Stale() != 1 || !slices.Equal(w.asked[2:], []string{"logger-2"}) {
			t.Errorf("with a place free: %d open, %d devices stale, asked %v", b.Len(), b.Stale(), w.asked)
		}
	})
}
