package telemetry

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// session is what one transaction knows of one device. It collects, because a
// transaction does not see its own writes.
type session struct {
	device     *waymark.Device // nil if it is not registered
	stream     waymark.Stream
	before     []waymark.Measured  // what had been measured before this transaction
	windows    seenWindows         // committed ones
	fresh      []accepted          // recorded by this transaction
	runs       []anchored          // and in runs
	attachment *waymark.Attachment // of a device with fresh messages; nil for one that witnesses nothing
	// clashes are those that this transaction notes in the stream.
	clashes []waymark.ClashRef
	revoked map[string]bool  // by key id: a certificate that the key came with is
	reports map[string]error // by the edge that signs, if any does: why the device may not report
}

// accepted is a message that this transaction records.
type accepted struct {
	sequence uint64
	key      string // id of the key that signed it
	edge     string // that holds the key; empty if the device does
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
	return &session{device: device, stream: at, before: at.Measured, revoked: map[string]bool{}, reports: map[string]error{}}, err
}

// mayReport asks once for each signer whether the device may report.
func (s *session) mayReport(key waymark.DeviceKey) error {
	err, known := s.reports[key.Edge]
	if !known {
		device := access.DeviceBy(*s.device, key)
		err = access.AuthorizeRequest(access.Request{Principal: device, Action: waymark.ActReport, Resource: device})
		s.reports[key.Edge] = err
	}
	return err
}

// recordedBy returns the transaction that recorded message n, and whether it was
// this very message. It must have been seen.
func (s *session) recordedBy(l ledger.Ledger, n uint64, digest attest.Digest) (txID string, same bool, err error) {
	for _, a := range s.fresh {
		if a.sequence == n {
			return l.Tx().ID, a.digest == digest, nil
		}
	}
	for _, a := range s.runs {
		if a.First <= n && n <= a.Last() {
			return l.Tx().ID, a.Lines[n-a.First].Digest == digest, nil
		}
	}
	w, err := s.windows.holding(l, s.device.ID, n, waymark.MaxSequence)
	if err != nil {
		return "", false, err
	}
	return w.Recorded.TxID, digestIn(w, n, digest), nil
}

// accept takes a message into the stream, or leaves everything as it was.
func (s *session) accept(m *attest.Message, digest attest.Digest, readings []senml.Reading, edge string) error {
	measured, err := stream.Measure(s.stream.Measured, m.Sequence, readings)
	if err != nil {
		return err
	}
	if err := stream.Place(&s.stream, m.Sequence, m.Previous, digest); err != nil {
		return err
	}
	s.stream.Measured = measured
	s.fresh = append(s.fresh, accepted{m.Sequence, m.KeyID, edge, digest, readings})
	return nil
}

// checkTimes refuses readings from the future or from before the second in which the device was
// registered.
func checkTimes(readings []senml.Reading, registered, now time.Time) error {
	registered = registered.Truncate(time.Second)
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
