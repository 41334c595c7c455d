package telemetry

import (
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// Check checks the anchored windows that wait for it, the oldest first, by the messages of them that were
// picked. It returns where the stream stands then. One window that does not hold, and nothing is checked.
func Check(l ledger.Ledger, r waymark.CheckTelemetryRequest) (*waymark.Stream, error) {
	device, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	windows, err := asRecorded(l, r)
	if err != nil {
		return nil, err
	}
	if err := mayCheck(l, *device, windows); err != nil {
		return nil, err
	}
	s, err := stream.Load(l, r.Device)
	if err != nil {
		return nil, err
	}
	if a := s.Anchored; a != nil && r.Windows[len(r.Windows)-1].First <= a.Checked {
		return &s, nil
	}
	c := checking{ledger: l, device: device, stream: &s}
	event := waymark.CheckedEvent{Device: r.Device}
	for i, w := range r.Windows {
		if err := c.check(windows[i], w, "/windows/"+strconv.Itoa(i)); err != nil {
			return nil, err
		}
		event.Checks = append(event.Checks, waymark.CheckedBlock{First: w.First, Last: windows[i].Last, Block: w.Block, Hash: w.BlockHash})
	}
	if err := ledger.Save(l, ledger.StreamKey(r.Device), &s); err != nil {
		return nil, err
	}
	return &s, l.Emit(waymark.EventTelemetryChecked, event)
}

// asRecorded are the windows that a request names; nil for one that there is not.
func asRecorded(l ledger.Ledger, r waymark.CheckTelemetryRequest) ([]*waymark.Window, error) {
	windows := make([]*waymark.Window, len(r.Windows))
	for i, named := range r.Windows {
		value, err := l.Get(ledger.WindowKey(r.Device, named.First))
		if err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		w, err := window.Decode(r.Device, value)
		if err != nil {
			return nil, err
		}
		windows[i] = &w
	}
	return windows, nil
}

// mayCheck checks that the caller's member owned the device when the windows were recorded: its store has
// their messages. What is not recorded is the present owner's to ask for.
func mayCheck(l ledger.Ledger, d waymark.Device, windows []*waymark.Window) error {
	present, asked := d.Owner, ""
	for _, w := range windows {
		d.Owner = present
		if w != nil {
			d.Owner = ownerThen(&d, *w, nil)
		}
		if d.Owner == asked {
			continue
		}
		asked = d.Owner
		if err := access.Authorize(l.Tx(), waymark.ActAnchorTelemetry, access.Device(d, l.Tx().Time)); err != nil {
			return err
		}
	}
	return nil
}

// checking is the work on one check.
type checking struct {
	ledger ledger.Ledger
	device *waymark.Device
	stream *waymark.Stream
}

// check checks the window that waits longest.
func (c checking) check(w *waymark.Window, shown waymark.CheckedWindow, at string) error {
	if w == nil || c.stream.Anchored == nil || len(c.stream.Anchored.Unchecked) == 0 || c.stream.Anchored.Unchecked[0].First != shown.First {
		return mismatch(at+"/first", "is not that of the oldest window that waits for its check")
	}
	hash, err := hex.DecodeString(shown.BlockHash)
	if err != nil {
		return waymark.InvalidField(at+"/block_hash", "must be hexadecimal")
	}
	picks := anchor.Picks(hash, w.Recorded.TxID, w.Device, w.First, w.Last)
	if len(picks) != len(shown.Messages) {
		return mismatch(at+"/messages", "must be the %d messages that were picked: %v", len(picks), picks)
	}
	for i, n := range picks {
		if err := c.holds(*w, n, shown.Messages[i], at+"/messages/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	a := *c.stream.Anchored
	a.Unchecked, a.Checked = slices.Clone(a.Unchecked[1:]), w.Last
	a.Digest = anchor.Checked(a.Digest, w.First, shown.Block, hash)
	c.stream.Anchored = &a
	return nil
}

// holds checks that a message is the device's, and in the window what it comes to.
func (c checking) holds(w waymark.Window, n uint64, shown waymark.ShownMessage, at string) error {
	m, err := c.picked(w, n, shown.Message, at)
	if err != nil {
		return err
	}
	_, digest, err := registry.Signed(c.device, m)
	if err != nil {
		return err
	}
	if !digestIn(w, n, digest) {
		return mismatch(at+"/message", "is not the message %d that is recorded", n)
	}
	if err := c.follows(w, m, at); err != nil {
		return err
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return waymark.InvalidField(at+"/message", "%s", waymark.AsError(err).Message)
	}
	if err := exposes(c.device, m, readings); err != nil {
		return err
	}
	return inTree(w, m, digest, readings, shown.Path, at)
}

// picked reads a message that is shown, which must be message n of the window.
func (c checking) picked(w waymark.Window, n uint64, text, at string) (*attest.Message, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, waymark.InvalidField(at+"/message", "%s", waymark.AsError(err).Message)
	}
	if m.Device != w.Device || m.Consortium != c.ledger.Tx().Channel || !m.Kind.Sequenced() || m.Sequence != n || m.KeyID != w.Key {
		return nil, mismatch(at+"/message", "must be message %d of device %s, signed with key %s, for this consortium", n, w.Device, w.Key)
	}
	return m, nil
}

// follows checks that a message names the digest of the one before.
func (c checking) follows(w waymark.Window, m *attest.Message, at string) error {
	n := m.Sequence
	if n == 1 {
		return nil // it names none, by its form
	}
	if n == w.First { // a run goes to the end of the stream, so n-1 is recorded
		windows, err := windowsAround(c.ledger, w.Device, n-1, n-1)
		if err != nil {
			return err
		}
		if w, err = holding(windows, w.Device, n-1); err != nil {
			return err
		}
	}
	if !digestIn(w, n-1, attest.Digest(m.Previous)) {
		return mismatch(at+"/message", "does not name the digest of message %d that is recorded", n-1)
	}
	return nil
}

// inTree checks that what the message comes to is what the window's root is over.
func inTree(w waymark.Window, m *attest.Message, digest attest.Digest, readings []senml.Reading, steps []string, at string) error {
	line, err := anchor.LineOf(m, digest, readings)
	if err != nil {
		return mismatch(at+"/message", "%s", waymark.AsError(err).Message)
	}
	path := make([][]byte, len(steps))
	for i, step := range steps {
		if path[i], err = hex.DecodeString(step); err != nil {
			return waymark.InvalidField(at+"/path/"+strconv.Itoa(i), "must be hexadecimal")
		}
	}
	if err := anchor.VerifyPath(w.Root, w.Device, w.First, w.Last, m.Sequence, line, path); err != nil {
		return mismatch(at+"/path", "does not lead from what the message comes to to the root of the window")
	}
	return nil
}

func mismatch(at, format string, arguments ...any) error {
	return waymark.InvalidField(at, format, arguments...).Because(waymark.ReasonCheck)
}
