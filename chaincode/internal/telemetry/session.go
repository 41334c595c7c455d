package telemetry

import (
	"cmp"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// session is what one transaction knows of one device. It collects, because a
// transaction does not see its own writes.
type session struct {
	device  *waymark.Device // nil if it is not registered
	stream  waymark.Stream
	last    uint64      // highest number that was recorded before this transaction
	windows seenWindows // committed ones
	fresh   []accepted  // recorded by this transaction
	// clashes are those that this transaction notes in the stream.
	clashes []waymark.ClashRef
	revoked map[string]bool // by key id: a certificate that the key came with is
}

// accepted is a message that this transaction records.
type accepted struct {
	sequence uint64
	key      string // id of the key that signed it
	digest   attest.Digest
	readings []senml.Reading
}

func openSession(r ledger.Reader, id string) (*session, error) {
	device, err := registry.RequireDevice(r, id)
	if waymark.CodeOf(err) == waymark.NotFound {
		return &session{}, nil
	}
	if err != nil {
		return nil, err
	}
	at, err := stream.Load(r, id)
	return &session{device: device, stream: at, last: at.Last, revoked: map[string]bool{}}, err
}

// recordedBy returns the transaction that recorded message n, and whether it was
// this very message. It must have been seen.
func (s *session) recordedBy(l ledger.Ledger, n uint64, digest attest.Digest) (txID string, same bool, err error) {
	for _, a := range s.fresh {
		if a.sequence == n {
			return l.Tx().ID, a.digest == digest, nil
		}
	}
	w, err := s.windows.holding(l, s.device.ID, n, waymark.MaxSequence)
	if err != nil {
		return "", false, err
	}
	return w.Recorded.TxID, digestIn(w, n, digest), nil
}

// accept takes a message into the stream, or leaves everything as it was.
func (s *session) accept(m *attest.Message, digest attest.Digest, readings []senml.Reading) error {
	measured, err := measure(s.stream.Measured, m.Sequence, readings)
	if err != nil {
		return err
	}
	if err := stream.Place(&s.stream, m.Sequence, m.Previous, digest); err != nil {
		return err
	}
	s.stream.Measured = measured
	s.fresh = append(s.fresh, accepted{m.Sequence, m.KeyID, digest, readings})
	return nil
}

// measure notes what the readings measured, in a copy, sorted by name and unit. A
// sum, text or data is noted without a unit: what is reported under a name as
// something else than a value cannot be judged by a condition on that name.
func measure(known []waymark.Measured, sequence uint64, readings []senml.Reading) ([]waymark.Measured, error) {
	known = slices.Clone(known)
	for _, r := range readings {
		m := waymark.Measured{Name: r.Name, Last: sequence, Latest: r.Time}
		if r.Kind.Measures() {
			m.Unit = r.Unit
		}
		i, found := slices.BinarySearchFunc(known, m, func(a, b waymark.Measured) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
		})
		if found {
			known[i].Last = max(known[i].Last, sequence)
			if r.Time.After(known[i].Latest) {
				known[i].Latest = r.Time
			}
			continue
		}
		if len(known) == waymark.MaxMeasured {
			return nil, waymark.Errorf(waymark.Invalid, "the device reports more than %d different measurements", waymark.MaxMeasured).Because(waymark.ReasonMeasurements)
		}
		known = slices.Insert(known, i, m)
	}
	return known, nil
}

// checkTimes refuses readings from the future or from before the device was
// registered.
func checkTimes(readings []senml.Reading, registered, now time.Time) error {
	for _, r := range readings {
		if r.Time.After(now.Add(attest.MaxClockSkew)) {
			return waymark.Errorf(waymark.Invalid, "a reading is from %s, in the future: set the device's clock", r.Time.Format(time.RFC3339)).Because(waymark.ReasonTime)
		}
		if r.Time.Before(registered) {
			return waymark.Errorf(waymark.Invalid, "a reading is from %s, before the device was registered", r.Time.Format(time.RFC3339)).Because(waymark.ReasonTime)
		}
	}
	return nil
}
