package telemetry

import (
	"cmp"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// A run stands for messages that no endorser sees (docs/adr/0032). What it says of them is the word of
// the relay of the device's owner until they are checked. So everything else about it is verified here, and a
// run is recorded whole or not at all: what one is refused for, its messages are not, which can come in full.

// anchored is a run that this transaction records.
type anchored struct {
	anchor.Run
	edge, body string
}

// readRun reads a run from its text form.
func readRun(text string) (*anchor.Run, error) {
	r, err := anchor.ParseRun(text)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// recordRun judges one run. Faults of it become its outcome; an error means that the ledger could not
// be read.
func (b *batch) recordRun(r anchor.Run) (waymark.MessageResult, error) {
	s := b.sessions[r.Device]
	outcome := waymark.MessageResult{Device: r.Device, Sequence: r.First, Outcome: waymark.Recorded, TxID: b.ledger.Tx().ID}
	earlier, err := b.anchor(s, anchored{Run: r, body: b.body})
	switch {
	case waymark.CodeOf(err) == waymark.Internal:
		return waymark.MessageResult{}, err
	case err != nil:
		return rejected(r.Device, r.First, err), nil
	case earlier != "":
		outcome.Outcome, outcome.TxID = waymark.Duplicate, earlier
	}
	return outcome, nil
}

// anchor takes a run into the stream, or leaves everything as it was and says why not; or tells by which
// transaction its messages are recorded already.
func (b *batch) anchor(s *session, r anchored) (earlier string, err error) {
	if err := b.mayAnchor(s, r); err != nil {
		return "", err
	}
	if txID, err := b.holdsAll(s, r); txID != "" || err != nil {
		return txID, err
	}
	if r.edge, err = b.speaksFor(s, r); err != nil {
		return "", err
	}
	measured, err := s.checkLines(r, b.ledger.Tx().Time)
	if err != nil {
		return "", err
	}
	if err := b.unjudged(s, r.Run); err != nil {
		return "", err
	}
	return "", s.take(r, measured)
}

// mayAnchor checks that the device's owner anchors, and says where the messages are.
func (b *batch) mayAnchor(s *session, r anchored) error {
	if s.device == nil {
		return waymark.Errorf(waymark.NotFound, "there is no device %s", r.Device)
	}
	tx := b.ledger.Tx()
	if err := access.Authorize(tx, waymark.ActAnchorTelemetry, access.Device(*s.device, tx.Time)); err != nil {
		return err
	}
	if r.body == "" {
		return waymark.InvalidField("/body", "must be the hash of the bundle that the messages of the runs are in")
	}
	return nil
}

// holdsAll returns the transaction that recorded all messages of a run, empty if none did.
func (b *batch) holdsAll(s *session, r anchored) (txID string, err error) {
	for i, l := range r.Lines {
		n := r.First + uint64(i)
		if !stream.Seen(&s.stream, n) {
			return "", nil
		}
		by, same, err := s.recordedBy(b.ledger, n, l.Digest)
		if err != nil || !same || i > 0 && by != txID {
			return "", err
		}
		txID = by
	}
	return txID, nil
}

// speaksFor checks that messages of the device under that key are to be believed now, but for their
// signatures, which nobody sees. It returns the edge that holds the key, if one does.
func (b *batch) speaksFor(s *session, r anchored) (edge string, err error) {
	key, found := s.device.Key(r.Key)
	if !found {
		return "", waymark.Errorf(waymark.Unauthenticated, "device %s has no key %s", r.Device, r.Key).Because(waymark.ReasonKey)
	}
	if err := b.keyHolds(s, &attest.Message{Header: attest.Header{Device: r.Device, KeyID: r.Key}}, key); err != nil {
		return "", err
	}
	return key.Edge, s.mayReport(key)
}

// checkLines checks classes and times, and returns what the device has measured with the run.
func (s *session) checkLines(r anchored, now time.Time) (measured []waymark.Measured, err error) {
	measured = s.stream.Measured
	for i, l := range r.Lines {
		latest := make([]senml.Reading, 0, len(l.Series))
		for _, e := range l.Series {
			if err := s.mayName(e); err != nil {
				return nil, err
			}
			latest = append(latest, senml.Reading{Kind: senml.Number, Name: e.Name, Unit: e.Unit, Time: time.UnixMilli(l.From + e.Latest).UTC()})
		}
		span := []senml.Reading{{Time: time.UnixMilli(l.From).UTC()}, {Time: time.UnixMilli(l.From + l.Span).UTC()}}
		if err := checkTimes(span, s.device.Registered.Time, now); err != nil {
			return nil, err
		}
		if measured, err = stream.Measure(measured, r.First+uint64(i), latest); err != nil {
			return nil, err
		}
	}
	return measured, nil
}

// mayName checks that a run may have a series: of an anchored class, and one that the device has told of by a message
// in full. A run could else name any unit, and fill what the device may measure.
func (s *session) mayName(e anchor.Series) error {
	if !s.device.Attributes.Anchored(e.Name) {
		return waymark.Errorf(waymark.FailedPrecondition, "%s of device %s is in no anchored class: send the messages in full", e.Name, s.device.ID).Because(waymark.ReasonNotAnchored)
	}
	if !stream.Measures(&s.stream, e.Name, e.Unit) {
		return waymark.Errorf(waymark.FailedPrecondition, "no message of device %s has reported %s in %q: send the messages in full", s.device.ID, e.Name, e.Unit).Because(waymark.ReasonNewMeasurement)
	}
	return nil
}

// take puts a run into the stream, or leaves everything as it was.
func (s *session) take(r anchored, measured []waymark.Measured) error {
	now := waymark.Anchored{Digest: []byte{}}
	if s.stream.Anchored != nil {
		now = *s.stream.Anchored
	}
	if len(now.Unchecked) >= waymark.MaxUnchecked {
		return waymark.Errorf(waymark.FailedPrecondition, "%d anchored windows of device %s are not checked: send the messages in full until they are",
			len(now.Unchecked), r.Device).Because(waymark.ReasonUnchecked)
	}
	digests := make([]attest.Digest, 0, len(r.Lines))
	for _, l := range r.Lines {
		digests = append(digests, l.Digest)
	}
	if err := stream.PlaceRun(&s.stream, r.First, r.Previous, digests); err != nil {
		return err
	}
	now.Last, now.Unchecked = r.Last(), append(slices.Clone(now.Unchecked), waymark.Run{First: r.First, Last: r.Last()})
	s.stream.Measured, s.stream.Anchored = measured, &now
	s.runs = append(s.runs, r)
	return nil
}

// recorded reports whether the transaction records anything of the device.
func (s *session) recorded() bool { return len(s.fresh) > 0 || len(s.runs) > 0 }

// summaries are the windows of what the transaction records, lowest numbers first.
func (s *session) summaries(stamp waymark.Stamp) []waymark.Window {
	windows := summarise(s.device, s.fresh, stamp)
	for _, r := range s.runs {
		windows = append(windows, r.window(s.device, stamp))
	}
	slices.SortFunc(windows, func(a, b waymark.Window) int { return cmp.Compare(a.First, b.First) })
	return windows
}

// window is the window of a run: that of the messages in full, with a root over lines.
func (r anchored) window(device *waymark.Device, stamp waymark.Stamp) waymark.Window {
	w := waymark.Window{
		Device: device.ID, Owner: device.Owner, Key: r.Key, Edge: r.edge, First: r.First, Last: r.Last(), Recorded: stamp,
		Root: r.Root(), Body: r.body,
	}
	var t tally
	for i, l := range r.Lines {
		from, to := time.UnixMilli(l.From).UTC(), time.UnixMilli(l.From+l.Span).UTC()
		if i == 0 {
			w.From, w.To = from, to
		}
		w.From, w.To = earlier(w.From, from), later(w.To, to)
		w.Readings += int(l.Readings)
		w.Digests = append(w.Digests, l.Digest[:waymark.DigestPrefix]...)
		for _, e := range l.Series {
			t.join(waymark.Series{Name: e.Name, Unit: e.Unit, Count: e.Count, Min: e.Min, Max: e.Max, Sum: e.Sum})
		}
	}
	w.Series = t.series(device)
	return w
}
