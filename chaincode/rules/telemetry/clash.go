package telemetry

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// clash notes an authentic message whose number another one has, and tells its
// kind. One that is listed keeps the kind it was given first. It counts whatever the
// state of device and key is now: that it was signed is what it proves.
func (s *session) clash(tx ledger.Tx, m *attest.Message, digest attest.Digest) waymark.ClashKind {
	if listed, found := stream.Listed(&s.stream, m.Sequence, digest[:]); found {
		return listed.Kind
	}
	c := waymark.Clash{Kind: stream.KindOf(&s.stream, earliest(m)), Sequence: m.Sequence, Key: m.KeyID,
		Digest: digest[:], TxID: tx.ID, Time: tx.Time}
	if stream.Note(&s.stream, c) {
		s.clashes = append(s.clashes, waymark.ClashRef{Device: m.Device, Sequence: c.Sequence, Kind: c.Kind})
	}
	return c.Kind
}

// earliest is the time of a message's earliest reading, zero if it cannot be read.
func earliest(m *attest.Message) time.Time {
	readings, err := senml.Parse(m)
	if err != nil {
		return time.Time{}
	}
	first := readings[0].Time
	for _, r := range readings {
		if r.Time.Before(first) {
			first = r.Time
		}
	}
	return first
}

func clashError(m *attest.Message, kind waymark.ClashKind) error {
	if kind == waymark.JumpBack {
		return waymark.Errorf(waymark.AlreadyExists,
			"another message %d of device %s is recorded, and this one was measured later: the device has lost its state and must go on above the last number",
			m.Sequence, m.Device).Because(waymark.ReasonJumpBack)
	}
	return waymark.Errorf(waymark.AlreadyExists,
		"another message %d of device %s is recorded: its number was used twice", m.Sequence, m.Device).Because(waymark.ReasonFork)
}
