package messages

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Devices tells what is registered.
type Devices interface {
	// Registered returns the record of a device as it was not long ago. An old answer costs a refusal, no message.
	Registered(ctx context.Context, device string) (*waymark.Device, error)
}

// Bodies is the store of bundles.
type Bodies interface {
	// Put makes a body durable and returns its hash. An error is Unavailable, unless the body itself is at fault.
	Put(ctx context.Context, body []byte) (anchor.Hash, error)
}

// Anchoring is what a recorder needs to anchor.
type Anchoring struct {
	Member  string // whose devices it anchors: its own
	Channel string
	Devices Devices
	Bodies  Bodies
}

// anchorer makes runs of messages (docs/adr/0032). It is safe for concurrent use.
type anchorer struct {
	Anchoring
	known known
}

// entry is one of the entries of a request: a message, or the run of several.
type entry struct {
	of     []int  // messages of the batch
	device string // empty for a message that cannot be read
	run    anchor.Run
	size   int // about that of the run
	signed anchor.SignedRun
	text   string
}

// isRun reports whether the entry is a run, and not a message in full.
func (e *entry) isRun() bool { return len(e.run.Lines) > 0 }

// entries are those of some messages, each run in the place of its first message. What belongs to a device stays in its
// order, since a run ends where a message of the device is not part of it.
func (a *anchorer) entries(ctx context.Context, b *batch, open []int) []*entry {
	all := make([]*entry, 0, len(open))
	last := map[string]*entry{} // by device
	for _, i := range open {
		m, line := a.line(ctx, b, i)
		if line == nil {
			e := &entry{of: []int{i}, text: b.public[i]}
			if m != nil {
				e.device, last[m.Device] = m.Device, e
			}
			all = append(all, e)
			continue
		}
		if e := last[m.Device]; e != nil && e.take(m, *line, b.public[i], i) {
			continue
		}
		e := &entry{of: []int{i}, device: m.Device, run: anchor.NewRun(m.Device, m.KeyID, m.Sequence, m.Previous, []anchor.Line{*line}), size: sizeOf(m.Device, *line),
			signed: anchor.SignedRun{Device: m.Device, First: m.Sequence, Messages: []string{b.public[i]}}}
		last[m.Device] = e
		all = append(all, e)
	}
	for _, e := range all {
		if e.isRun() {
			e.text = e.run.Text()
		}
	}
	return all
}

// beforeRuns are the entries that can go without the runs among them: of each device what comes before its first run, so that all
// stays in its order.
func beforeRuns(entries []*entry) (all []*entry) {
	waits := map[string]bool{}
	for _, e := range entries {
		if e.isRun() {
			waits[e.device] = true
		} else if !waits[e.device] {
			all = append(all, e)
		}
	}
	return all
}

// roomOfRun is what a run says besides its lines, at the most.
const roomOfRun = 512

func sizeOf(device string, l anchor.Line) int {
	return len(anchor.Leaf(device, waymark.MaxSequence, l))
}

// take adds a message to the run if it is the next of its chain, under the same key, and there is room.
func (e *entry) take(m *attest.Message, l anchor.Line, text string, i int) bool {
	if !e.isRun() || len(e.run.Lines) == anchor.MaxRunMessages || m.KeyID != e.run.Key || m.Sequence != e.run.Last()+1 {
		return false
	}
	size := e.size + sizeOf(m.Device, l)
	if before := e.run.Lines[len(e.run.Lines)-1].Digest; !slices.Equal(m.Previous, before[:]) || size > anchor.MaxRunBytes-roomOfRun {
		return false
	}
	e.of, e.size = append(e.of, i), size
	e.run.Lines, e.signed.Messages = append(e.run.Lines, l), append(e.signed.Messages, text)
	return true
}

// line returns the message, and what it comes to if it can be anchored: it is of a device of this member, its signature holds,
// all that it has is of anchored classes, and nothing follows it. Whatever else is wrong with a message the ledger says of it.
func (a *anchorer) line(ctx context.Context, b *batch, i int) (*attest.Message, *anchor.Line) {
	m, err := attest.Parse(b.public[i])
	if err != nil {
		return nil, nil
	}
	key, may := a.key(ctx, m)
	if b.full[m.Device] || b.disclosing(i) || !may {
		return m, nil
	}
	readings, err := a.readings(ctx, m)
	if err != nil {
		return m, nil
	}
	digest, err := m.Verify(key)
	if err != nil {
		return m, nil
	}
	l, err := anchor.LineOf(m, digest, readings)
	if err != nil {
		return m, nil
	}
	return m, &l
}

// key is that by which a message is signed, if its device's messages are anchored here.
func (a *anchorer) key(ctx context.Context, m *attest.Message) (key waymark.JWK, may bool) {
	device := a.known.device(ctx, a.Devices, m.Device)
	if device == nil || device.Owner != a.Member || m.Consortium != a.Channel || !anyAnchored(device) {
		return key, false
	}
	found, may := device.Key(m.KeyID)
	return found.JWK, may
}

// readings are those of a message; it fails if one of them is not to be anchored.
func (a *anchorer) readings(ctx context.Context, m *attest.Message) ([]senml.Reading, error) {
	device := a.known.device(ctx, a.Devices, m.Device)
	readings, err := senml.Parse(m)
	if err != nil {
		return nil, err
	}
	if device == nil || slices.ContainsFunc(readings, func(r senml.Reading) bool { return !device.Attributes.Anchored(r.Name) }) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "it has readings that are not anchored")
	}
	return readings, nil
}

func anyAnchored(d *waymark.Device) bool {
	return d.Attributes != nil && slices.ContainsFunc(d.Attributes.Measures, func(c waymark.MeasuredClass) bool { return c.Visibility == waymark.VisibilityAnchored })
}

// keep stores the messages of all runs and returns the body's hash, empty if there is no run. Only then may a request name it.
func (a *anchorer) keep(ctx context.Context, entries []*entry) (body string, err error) {
	bundle := anchor.Bundle{Consortium: a.Channel}
	for _, e := range entries {
		if e.isRun() {
			bundle.Runs = append(bundle.Runs, e.signed)
		}
	}
	if len(bundle.Runs) == 0 {
		return "", nil
	}
	encoded, err := bundle.Encode()
	if err != nil {
		return "", err
	}
	hash, err := a.Bodies.Put(ctx, encoded)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(hash[:]), nil
}
