package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Record records a batch of signed messages. Each message has its own outcome:
// one that is rejected costs no other its place. It returns an error only if the
// batch as a whole cannot be judged; or if a message would put into the block what its
// device's owner made private: the rows of the error tell which, for the batch to be sent
// again without them.
func Record(l ledger.Ledger, r waymark.RecordRequest) (*waymark.RecordResult, error) {
	if err := access.Authorize(l.Tx(), waymark.ActRelayMessages, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	b := batch{ledger: ledger.NewAhead(l), body: r.Body, sessions: map[string]*session{}}
	b.edges = registry.NewEdges(b.ledger)
	all, err := b.read(r.Messages)
	if err != nil {
		return nil, err
	}
	result := &waymark.RecordResult{Results: make([]waymark.MessageResult, 0, len(all))}
	var exposing waymark.RowErrors
	for i, e := range all {
		outcome, err := b.record(e)
		if err == nil && b.readings > waymark.MaxBatchReadings {
			err = waymark.InvalidField("/messages", "have more than %d readings together: send fewer at a time", waymark.MaxBatchReadings)
		}
		if err != nil {
			return nil, err
		}
		exposing.Add("/messages", i, b.exposed(e.message, outcome))
		result.Results = append(result.Results, outcome)
	}
	if err := exposing.Err("messages", len(all)); err != nil {
		return nil, err
	}
	return result, b.save()
}

// batch is one transaction's work.
type batch struct {
	ledger   *ledger.Ahead
	sessions map[string]*session
	edges    *registry.Edges
	order    []string // device ids as they first came: the order of writing
	readings int      // of the messages so far
	body     string   // hash of the bundle that the messages of the runs are in
}

// record judges one message, or run. Faults of the message become its outcome; an error means that
// the ledger could not be read.
func (b *batch) record(e given) (waymark.MessageResult, error) {
	if e.run != nil {
		return b.recordRun(*e.run)
	}
	if outcome, ok := e.refused(); !ok {
		return outcome, nil
	}
	m := e.message
	s, key, digest := b.sessions[m.Device], e.signature.Key, e.signature.Digest
	if stream.Seen(&s.stream, m.Sequence) {
		return b.repeated(s, m, digest)
	}
	err := b.keyHolds(s, m, key)
	if waymark.CodeOf(err) == waymark.Internal { // the ledger could not be read
		return waymark.MessageResult{}, err
	}
	if err == nil {
		err = b.admit(s, m, digest, key)
	}
	if err != nil {
		return rejected(m.Device, m.Sequence, err), nil
	}
	return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Recorded, TxID: b.ledger.Tx().ID}, nil
}

// keyHolds checks that the key of an authentic message is to be believed now: no certificate revoked that it
// came with, in force, and held by an edge that signs, if by any.
func (b *batch) keyHolds(s *session, m *attest.Message, key waymark.DeviceKey) error {
	now := b.ledger.Tx().Time
	revoked, err := s.certificateRevoked(b.ledger, key)
	switch {
	case err != nil:
		return err
	case revoked:
		return certificateRevoked(m)
	case !key.InForce(s.device.JudgedAt(now)):
		return waymark.Errorf(waymark.Unauthenticated, "key %s of device %s is not in force: it was replaced, has expired or is revoked", m.KeyID, m.Device).Because(waymark.ReasonKey)
	}
	return b.edges.Holds(s.device, key, now)
}

// repeated answers a message whose number is recorded: the first result if it is
// the same message, rejected as a clash otherwise.
func (b *batch) repeated(s *session, m *attest.Message, digest attest.Digest) (waymark.MessageResult, error) {
	txID, same, err := s.recordedBy(b.ledger, m.Sequence, digest)
	if err != nil {
		return waymark.MessageResult{}, err
	}
	if same {
		return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Duplicate, TxID: txID}, nil
	}
	return rejected(m.Device, m.Sequence, clashError(m, s.clash(b.ledger.Tx(), m, digest))), nil
}

// admit takes an authentic message that is new, or says why not.
func (b *batch) admit(s *session, m *attest.Message, digest attest.Digest, key waymark.DeviceKey) error {
	if err := s.mayReport(key); err != nil {
		return err
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return err
	}
	b.readings += len(readings)
	if err := checkTimes(readings, s.device.Registered.Time, b.ledger.Tx().Time); err != nil {
		return err
	}
	return s.accept(m, digest, readings, key.Edge)
}

func rejected(device string, sequence uint64, err error) waymark.MessageResult {
	e := waymark.AsError(err)
	return waymark.MessageResult{Device: device, Sequence: sequence, Outcome: waymark.Rejected,
		Code: e.Code, Detail: e.Message, Reasons: e.Reasons}
}
