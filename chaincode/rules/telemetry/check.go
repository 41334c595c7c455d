package telemetry

import (
	"bytes"
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
	if repeated(s.Anchored, r) {
		return &s, nil
	}
	c := checking{ledger: l, device: device, stream: &s}
	if err := c.check(windows, r.Windows); err != nil {
		return nil, err
	}
	event := waymark.CheckedEvent{Device: r.Device}
	for i, w := range r.Windows {
		event.Checks = append(event.Checks, waymark.CheckedBlock{First: w.First, Last: windows[i].Last, Block: w.Block, Hash: w.BlockHash})
	}
	if err := ledger.Save(l, ledger.StreamKey(r.Device), &s); err != nil {
		return nil, err
	}
	return &s, l.Emit(waymark.EventTelemetryChecked, event)
}

// repeated reports whether a request is the last check again: it comes to the same digest, from where that began.
func repeated(a *waymark.Anchored, r waymark.CheckTelemetryRequest) bool {
	if a == nil || a.LastCheck == nil {
		return false
	}
	digest, err := digestAfter(a.LastCheck.Before, r.Windows)
	return err == nil && bytes.Equal(digest, a.Digest)
}

// digestAfter is the running digest after more windows.
func digestAfter(before []byte, windows []waymark.CheckedWindow) ([]byte, error) {
	for i, w := range windows {
		hash, err := hex.DecodeString(w.BlockHash)
		if err != nil {
			return nil, waymark.InvalidField("/windows/"+strconv.Itoa(i)+"/block_hash", "must be hexadecimal")
		}
		before = anchor.Checked(before, w.First, w.Block, hash)
	}
	return before, nil
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

// shown is a message of a window that was picked.
type shown struct {
	window  waymark.Window
	message *attest.Message
	path    []string
	at      string // its place in the request
}

// check checks the windows that wait longest, and notes that in the stream.
func (c checking) check(windows []*waymark.Window, named []waymark.CheckedWindow) error {
	var waiting waymark.Anchored
	if c.stream.Anchored != nil {
		waiting = *c.stream.Anchored
	}
	now := waymark.LastCheck{Before: waiting.Digest}
	var picked []shown
	last := waiting.LastCheck
	for i, w := range named {
		at := "/windows/" + strconv.Itoa(i)
		if windows[i] == nil || i >= len(waiting.Unchecked) || waiting.Unchecked[i].First != w.First {
			return mismatch(at+"/first", "is not that of the oldest window that waits for its check")
		}
		if err := mayFollow(last, *windows[i], w, at); err != nil {
			return err
		}
		some, err := c.picked(*windows[i], w, at)
		if err != nil {
			return err
		}
		picked = append(picked, some...)
		now.Owner, now.TxID, now.Block, now.Hash = windows[i].Owner, windows[i].Recorded.TxID, w.Block, w.BlockHash
		last = &now
	}
	if err := c.hold(picked); err != nil {
		return err
	}
	digest, err := digestAfter(waiting.Digest, named)
	if err != nil {
		return err
	}
	waiting.Digest, waiting.LastCheck, waiting.Checked = digest, &now, windows[len(named)-1].Last
	waiting.Unchecked = slices.Clone(waiting.Unchecked[len(named):])
	c.stream.Anchored = &waiting
	return nil
}

// mayFollow checks the block of a window against that of the window that was checked before it, if that was of the same
// owner. A transaction is in one block. Two that record messages of one device are in two, the later one above: it read what the
// earlier one wrote. By a choice of blocks one could choose what is picked.
func mayFollow(last *waymark.LastCheck, w waymark.Window, named waymark.CheckedWindow, at string) error {
	switch {
	case last == nil || last.Owner != w.Owner:
	case last.TxID != w.Recorded.TxID && named.Block <= last.Block:
		return mismatch(at+"/block", "must be above %d, the block of the window before, which an earlier transaction recorded", last.Block)
	case last.TxID == w.Recorded.TxID && (named.Block != last.Block || named.BlockHash != last.Hash):
		return mismatch(at+"/block", "must be %d, with hash %s: the same transaction recorded the window before", last.Block, last.Hash)
	}
	return nil
}

// picked reads the messages of a window that are shown, which must be those that are picked.
func (c checking) picked(w waymark.Window, named waymark.CheckedWindow, at string) ([]shown, error) {
	hash, err := hex.DecodeString(named.BlockHash)
	if err != nil {
		return nil, waymark.InvalidField(at+"/block_hash", "must be hexadecimal")
	}
	picks := anchor.Picks(hash, w.Recorded.TxID, w.Device, w.First, w.Last)
	if len(picks) != len(named.Messages) {
		return nil, mismatch(at+"/messages", "must be the %d messages that were picked: %v", len(picks), picks)
	}
	var all []shown
	for i, n := range picks {
		at := at + "/messages/" + strconv.Itoa(i)
		m, err := c.message(w, n, named.Messages[i].Message, at)
		if err != nil {
			return nil, err
		}
		all = append(all, shown{w, m, named.Messages[i].Path, at})
	}
	return all, nil
}

// hold checks that messages are the device's, and in their windows what they come to.
func (c checking) hold(all []shown) error {
	claims := make([]registry.Claim, len(all))
	for i, s := range all {
		claims[i] = registry.Claim{Device: c.device, Message: s.message}
	}
	for i, signature := range registry.Signatures(claims) {
		if signature.Err != nil {
			return signature.Err
		}
		if err := c.holds(all[i], signature.Digest); err != nil {
			return err
		}
	}
	return nil
}

// holds checks a message whose signature holds.
func (c checking) holds(s shown, digest attest.Digest) error {
	if !digestIn(s.window, s.message.Sequence, digest) {
		return mismatch(s.at+"/message", "is not the message %d that is recorded", s.message.Sequence)
	}
	if err := c.follows(s.window, s.message, s.at); err != nil {
		return err
	}
	readings, err := senml.Parse(s.message)
	if err != nil {
		return waymark.InvalidField(s.at+"/message", "%s", waymark.AsError(err).Message)
	}
	if err := exposes(c.device, s.message, readings); err != nil {
		return err
	}
	return inTree(s.window, s.message, digest, readings, s.path, s.at)
}

// message reads a message that is shown, which must be message n of the window.
func (c checking) message(w waymark.Window, n uint64, text, at string) (*attest.Message, error) {
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
