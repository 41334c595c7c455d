package telemetry

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// digestPrefix is how many bytes of a digest a window keeps for each message.
const digestPrefix = 8

// windowsAround returns the windows that hold any of the messages first to last. A
// window begins at most MaxWindowMessages before its last message, which bounds
// the scan.
func windowsAround(r ledger.Reader, device string, first, last uint64) ([]waymark.Window, error) {
	from := uint64(1)
	if first > waymark.MaxWindowMessages {
		from = first - waymark.MaxWindowMessages + 1
	}
	return ledger.List[waymark.Window](r, ledger.Windows(device, from, last), 2*waymark.MaxWindowMessages)
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

func digestIn(w waymark.Window, n uint64, digest attest.Digest) bool {
	at := int(n-w.First) * digestPrefix //nolint:gosec // n is inside the window
	return bytes.Equal(w.Digests[at:at+digestPrefix], digest[:digestPrefix])
}

// summarise makes the windows of what a transaction records: one for each
// unbroken run of numbers, at most MaxWindowMessages long. messages are in order.
func summarise(device string, messages []accepted, stamp waymark.Stamp) []waymark.Window {
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
	for n < len(messages) && n < waymark.MaxWindowMessages && messages[n].sequence == messages[n-1].sequence+1 {
		n++
	}
	return n
}

func summariseRun(device string, run []accepted, stamp waymark.Stamp) waymark.Window {
	w := waymark.Window{
		Device: device, First: run[0].sequence, Last: run[len(run)-1].sequence, Recorded: stamp,
		From: run[0].readings[0].Time, To: run[0].readings[0].Time, Series: []waymark.Series{},
	}
	for _, m := range run {
		w.Digests = append(w.Digests, m.digest[:digestPrefix]...)
		for _, r := range m.readings {
			add(&w, r)
		}
	}
	return w
}

func add(w *waymark.Window, r senml.Reading) {
	w.Readings++
	if r.Time.Before(w.From) {
		w.From = r.Time
	}
	if r.Time.After(w.To) {
		w.To = r.Time
	}
	key := waymark.Series{Name: r.Name, Unit: r.Unit, Min: r.Value, Max: r.Value}
	i, found := slices.BinarySearchFunc(w.Series, key, func(a, b waymark.Series) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
	})
	if !found {
		w.Series = slices.Insert(w.Series, i, key)
	}
	s := &w.Series[i]
	s.Count++
	s.Sum = saturatingAdd(s.Sum, r.Value)
	s.Min, s.Max = min(s.Min, r.Value), max(s.Max, r.Value)
}
