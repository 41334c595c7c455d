package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// given is one entry of a request, with what is told of it before any is judged.
type given struct {
	message *attest.Message // nil if it cannot be read, or is a run
	run     *anchor.Run     // in the place of messages
	// signature is that of a message that can be read; its Err says why it is not the
	// device's, or why the message is none that is recorded.
	signature registry.Signature
}

// refused is the outcome of a message that is not to be judged; ok if there is none.
func (g given) refused() (outcome waymark.MessageResult, ok bool) {
	switch m := g.message; {
	case m == nil:
		return rejected("", 0, g.signature.Err), false
	case !m.Kind.Sequenced():
		return rejected(m.Device, 0, g.signature.Err), false
	case g.signature.Err != nil:
		return rejected(m.Device, m.Sequence, g.signature.Err), false
	}
	return outcome, true
}

// read reads all messages of a request and verifies their signatures together. Faults of a
// message are in what is given; an error means that the ledger could not be read.
func (b *batch) read(texts []string) ([]given, error) {
	all := make([]given, len(texts))
	for i, text := range texts {
		if anchor.IsRun(text) {
			all[i].run, all[i].signature.Err = readRun(text)
			continue
		}
		all[i].message, all[i].signature.Err = attest.Parse(text)
	}
	if err := b.openSessions(named(all)); err != nil {
		return nil, err
	}
	if err := b.fetchJudging(all); err != nil {
		return nil, err
	}
	var claims []registry.Claim
	var of []*given // of each claim
	for i := range all {
		e := &all[i]
		if e.message == nil {
			continue
		}
		s := b.sessions[e.message.Device]
		if e.signature.Err = b.recordable(s, e.message); e.signature.Err == nil {
			claims, of = append(claims, registry.Claim{Device: s.device, Message: e.message}), append(of, e)
		}
	}
	var certificates []ledger.Key
	for n, signature := range registry.Signatures(claims) {
		of[n].signature = signature
		if signature.Err == nil {
			certificates = append(certificates, registry.RevocationKeys(signature.Key)...)
		}
	}
	return all, b.ledger.Fetch(certificates...)
}

// named are the devices that messages and runs name, as they first come.
func named(all []given) []string {
	var ids []string
	seen := map[string]bool{}
	for _, e := range all {
		if id := e.device(); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// device is whose entry it is, empty if it cannot be read.
func (g given) device() string {
	switch {
	case g.run != nil:
		return g.run.Device
	case g.message != nil:
		return g.message.Device
	}
	return ""
}

// openSessions opens a session of each device.
func (b *batch) openSessions(ids []string) error {
	var devices, streams []ledger.Key
	for _, id := range ids {
		devices = append(devices, ledger.DeviceKey(id))
	}
	if err := b.ledger.Fetch(devices...); err != nil {
		return err
	}
	for _, id := range ids {
		if b.ledger.Has(ledger.DeviceKey(id)) {
			streams = append(streams, ledger.StreamKey(id))
		}
	}
	if err := b.ledger.Fetch(streams...); err != nil {
		return err
	}
	for _, id := range ids {
		s, err := openSession(b.ledger, id)
		if err != nil {
			return err
		}
		b.sessions[id] = s
	}
	b.order = ids
	return nil
}

// recordable checks that a message is a pack of a device, for this consortium.
func (b *batch) recordable(s *session, m *attest.Message) error {
	if !m.Kind.Sequenced() {
		return waymark.InvalidField("/cty", "is %s: only packs of readings are recorded", m.Kind)
	}
	if s.device == nil {
		return waymark.Errorf(waymark.NotFound, "there is no device %s", m.Device)
	}
	if channel := b.ledger.Tx().Channel; m.Consortium != channel {
		return waymark.InvalidField("/aud", "is %s, this consortium is %s", m.Consortium, channel)
	}
	return nil
}
