package telemetry

import (
	"bytes"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// windowsAround returns the windows that hold any of the messages first to last. A
// window begins at most MaxWindowMessages before its last message, which bounds
// the scan.
func windowsAround(r ledger.Reader, device string, first, last uint64) ([]waymark.Window, error) {
	from := uint64(1)
	if first > waymark.MaxWindowMessages {
		from = first - waymark.MaxWindowMessages + 1
	}
	var windows []waymark.Window
	err := r.Scan(ledger.Windows(device, from, last), func(value []byte) error {
		w, err := window.Decode(device, value)
		windows = append(windows, w)
		return err
	})
	return windows, err
}

// holding returns the window that holds message n, or NotFound.
func holding(windows []waymark.Window, device string, n uint64) (waymark.Window, error) {
	for _, w := range windows {
		if w.First <= n && n <= w.Last {
			return w, nil
		}
	}
	return waymark.Window{}, waymark.Errorf(waymark.NotFound, "message %d of device %s is not recorded", n, device)
}

// digestIn reports whether message n of a window has a digest, by as much of it as the
// window keeps.
func digestIn(w waymark.Window, n uint64, digest attest.Digest) bool {
	size := len(w.Digests) / int(w.Last-w.First+1) //nolint:gosec // at most MaxWindowMessages
	at := int(n-w.First) * size                    //nolint:gosec // n is inside the window
	return bytes.Equal(w.Digests[at:at+size], digest[:size])
}

// summarise makes the windows of what a transaction records: one for each
// unbroken run of numbers signed with one key, at most MaxWindowMessages long.
// messages are in order.
func summarise(device *waymark.Device, messages []accepted, stamp waymark.Stamp) []waymark.Window {
	var windows []waymark.Window
	for len(messages) > 0 {
		n := runLength(messages)
		windows = append(windows, summariseRun(device, messages[:n], stamp))
		messages = messages[n:]
	}
	return windows
}

func runLength(messages []accepted) int {
	n := 1
	for n < len(messages) && n < waymark.MaxWindowMessages &&
		messages[n].sequence == messages[n-1].sequence+1 && messages[n].key == messages[0].key {
		n++
	}
	return n
}

func summariseRun(device *waymark.Device, run []accepted, stamp waymark.Stamp) waymark.Window {
	w := waymark.Window{
		Device: device.ID, Owner: device.Owner, Key: run[0].key, Edge: run[0].edge, First: run[0].sequence, Last: run[len(run)-1].sequence,
		Recorded: stamp, From: run[0].readings[0].Time, To: run[0].readings[0].Time,
	}
	var t tally
	var hashes [][]byte
	for _, m := range run {
		w.Digests = append(w.Digests, m.digest[:waymark.DigestPrefix]...)
		for _, leaf := range window.Leaves(device.ID, m.sequence, m.readings) {
			hashes = append(hashes, leaf.Hash())
		}
		for _, r := range m.readings {
			w.From, w.To = earlier(w.From, r.Time), later(w.To, r.Time)
			if sealed(device, r) {
				noteSealed(&w, device, m.sequence, r.Name)
				continue
			}
			t.add(r)
		}
	}
	w.Readings, w.Root, w.Series = len(hashes), window.Root(hashes), t.series(device)
	return w
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
