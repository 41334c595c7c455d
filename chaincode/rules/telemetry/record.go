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
	b := batch{ledger: l, sessions: map[string]*session{}, edges: registry.NewEdges(l)}
	result := &waymark.RecordResult{Results: make([]waymark.MessageResult, 0, len(r.Messages))}
	var exposing waymark.RowErrors
	for i, text := range r.Messages {
		m, outcome, err := b.record(text)
		if err == nil && b.readings > waymark.MaxBatchReadings {
			err = waymark.InvalidField("/messages", "have more than %d readings together: send fewer at a time", waymark.MaxBatchReadings)
		}
		if err != nil {
			return nil, err
		}
		exposing.Add("/messages", i, b.exposed(m, outcome))
		result.Results = append(result.Results, outcome)
	}
	if err := exposing.Err("messages", len(r.Messages)); err != nil {
		return nil, err
	}
	return result, b.save()
}

// batch is one transaction's work.
type batch struct {
	ledger   ledger.Ledger
	sessions map[string]*session
	edges    *registry.Edges
	order    []string // device ids as they first came: the order of writing
	readings int      // of the messages so far
}

// record reads one message and judges it; m is nil if it cannot be read. Faults of the
// message become its outcome; an error means that the ledger could not be read.
func (b *batch) record(text string) (m *attest.Message, outcome waymark.MessageResult, err error) {
	m, err = attest.Parse(text)
	if err != nil {
		return nil, rejected("", 0, err), nil
	}
	if !m.Kind.Sequenced() {
		outcome = rejected(m.Device, 0, waymark.InvalidField("/cty", "is %s: only packs of readings are recorded", m.Kind))
	}
	s, err := b.session(m.Device)
	if err == nil && outcome.Outcome == "" {
		outcome, err = b.judge(s, m)
	}
	return m, outcome, err
}

// judge is record for a message of a device.
func (b *batch) judge(s *session, m *attest.Message) (waymark.MessageResult, error) {
	key, digest, err := b.authenticate(s, m)
	if err != nil {
		return rejected(m.Device, m.Sequence, err), nil
	}
	if stream.Seen(&s.stream, m.Sequence) {
		return b.repeated(s, m, digest)
	}
	err = b.keyHolds(s, m, key)
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

func (b *batch) session(device string) (*session, error) {
	if s := b.sessions[device]; s != nil {
		return s, nil
	}
	s, err := openSession(b.ledger, device)
	if err == nil {
		b.sessions[device] = s
		b.order = append(b.order, device)
	}
	return s, err
}

// authenticate checks that the device which the message names has signed it, for
// this consortium, with a key it has or had.
func (b *batch) authenticate(s *session, m *attest.Message) (key waymark.DeviceKey, digest attest.Digest, err error) {
	if s.device == nil {
		return key, digest, waymark.Errorf(waymark.NotFound, "there is no device %s", m.Device)
	}
	if channel := b.ledger.Tx().Channel; m.Consortium != channel {
		return key, digest, waymark.InvalidField("/aud", "is %s, this consortium is %s", m.Consortium, channel)
	}
	return registry.Signed(s.device, m)
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
	device := access.DeviceBy(*s.device, key)
	if err := access.AuthorizeRequest(access.Request{Principal: device, Action: waymark.ActReport, Resource: device}); err != nil {
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
