package custody_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What an owner could do to hide a reading: each ends in unknown or is found.
func TestNothingHidesAReading(t *testing.T) {
	for name, hide := range map[string]struct {
		trick   func(*story)
		reasons []string
	}{
		"the device is suspended before the reading arrives": {func(s *story) {
			scenario.Must(s.Consortium, s.operator("producer"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "trick"})
			s.Record(s.logger.Pack(4000))
		}, []string{"witness-changed"}},
		"and resumed": {func(s *story) {
			scenario.Must(s.Consortium, s.operator("producer"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "trick"})
			s.Record(s.logger.Pack(4000))
			scenario.Must(s.Consortium, s.operator("producer"), registry.ResumeDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "trick"})
		}, []string{"witness-changed"}},
		"its key is rotated before the reading arrives": {func(s *story) {
			hot := s.logger.Pack(4000)
			scenario.Must(s.Consortium, s.operator("producer"), registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: s.logger.Rotation("k2")})
			s.Record(hot)
		}, []string{"witness-changed"}},
		"the reading is lost on the way": {func(s *story) {
			s.logger.Pack(4000)
			s.measure(500)
		}, []string{"missing-messages"}},
		"it is reported as a text":    {func(s *story) { s.Record(s.pack(`"vs":"40"`)) }, []string{"no-witness"}},
		"it is reported as data":      {func(s *story) { s.Record(s.pack(`"vd":"KA"`)) }, []string{"no-witness"}},
		"it is reported as a boolean": {func(s *story) { s.Record(s.pack(`"vb":true`)) }, []string{"no-witness"}},
		"it is reported as a sum":     {func(s *story) { s.Record(s.pack(`"u":"Cel","s":2400`)) }, []string{"no-witness"}},
		"a second device never reports": {func(s *story) {
			s.Device("logger-2", "producer")
			s.attach("logger-2")
		}, []string{"silent-witness"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.measure(500)
			s.Now = s.Now.Add(time.Second)
			hide.trick(s)
			s.expectCondition(waymark.ConditionUnknown, hide.reasons...)
		})
	}
}

// An owner that revokes the certificate of its own witness has its next messages
// refused: what they would have said is unknown.
func TestARevokedCertificateHidesNoReading(t *testing.T) {
	s := newStory(t)
	a := s.Authority("producer", true)
	d, old := s.NewDevice("logger-2", "producer"), s.NewDevice("logger-3", "producer")
	for _, joining := range []*scenario.Device{d, old} { // serials 0x10 and 0x11
		scenario.Must(s.Consortium, s.As("carrier", waymark.Relay), registry.Join, a.Join(joining, a.Issue(joining, nil)))
	}
	scenario.Must(s.Consortium, s.operator("producer"), registry.RotateKey, waymark.RotateKeyRequest{Device: old.ID, Rotation: old.Rotation("k2")})
	s.Now = s.Now.Add(time.Second)
	s.attach(d.ID)
	s.attach(old.ID)
	s.measure(500)
	s.Now = s.Now.Add(time.Second)
	s.Record(d.Pack(500), old.Pack(500))
	s.expectCondition(waymark.ConditionConformant)
	revoke := func(serial string) {
		scenario.Must(s.Consortium, s.As("producer", waymark.Admin), registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: serial, Reason: "trick"})
	}
	revoke("11") // of a key that was replaced before the journey
	s.expectCondition(waymark.ConditionConformant)
	revoke("10")
	s.Record(d.Pack(4000))
	s.expectCondition(waymark.ConditionUnknown, "witness-changed")
}

// pack signs the next message of the logger: one record of its temperature.
func (s *story) pack(members string) string {
	return s.logger.Sign(s.logger.Header(), fmt.Appendf(nil, `[{"n":"temperature","t":%d,%s}]`, s.Now.Unix(), members))
}

// A message that fills a gap from before the journey, but measured on it, is judged.
func TestAReadingOfTheJourneyIsJudgedWhateverItsNumber(t *testing.T) {
	s := newStory(t)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	d := s.Device("logger-2", "producer")
	s.Record(d.Pack(500))
	gap := *d
	s.Now = s.Now.Add(time.Minute)
	hot, digest := gap.PackDigest(4000) // signed as message 2, measured after the attachment
	d.Next, d.Previous = 3, digest[:]
	s.Now = s.Now.Add(-time.Minute)
	s.Record(d.Pack(500)) // message 3: 2 is missing
	s.Now = s.Now.Add(time.Second)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-2"))
	s.Now = s.Now.Add(time.Minute)
	s.Record(d.Pack(500))
	s.Record(hot)
	view := scenario.Must(s.Consortium, s.operator("producer"), custody.Get, waymark.ShipmentQuery{Shipment: "s2"})
	if view.Condition != waymark.ConditionNonConformant || len(view.Excursions) != 1 {
		t.Errorf("condition %s, excursions %+v", view.Condition, view.Excursions)
	}
}

func TestReadingsFromBeforeTheJourneyAreNoEvidence(t *testing.T) {
	s := newStory(t)
	old := s.logger.Pack(500) // measured now, recorded after the attachment of another shipment
	s.Now = s.Now.Add(time.Minute)
	d := s.Device("logger-2", "producer")
	stale := d.Pack(500)
	s.Now = s.Now.Add(time.Minute)
	s.attach("logger-2")
	s.Record(old, stale)
	if w := s.view(); w.Condition != waymark.ConditionConformant { // logger-1 was there
		t.Errorf("condition %s %v", w.Condition, w.Reasons)
	}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	e := s.Device("logger-3", "producer")
	stale = e.Pack(500)
	s.Now = s.Now.Add(time.Minute)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-3"))
	s.Record(stale)
	view := scenario.Must(s.Consortium, s.operator("producer"), custody.Get, waymark.ShipmentQuery{Shipment: "s2"})
	if view.Condition != waymark.ConditionUnknown || !slices.Equal(view.Reasons, []string{"no-witness"}) {
		t.Errorf("a reading from before: %s %v", view.Condition, view.Reasons)
	}
}

// Clocks differ by minutes: a device that measured with a fast clock before an
// acceptance has measured nothing on the next leg, whatever it sends then.
func TestAFastClockLendsNoReadingToTheNextLeg(t *testing.T) {
	s := newStory(t)
	start := s.Now
	s.Now = start.Add(3 * time.Minute) // the device's clock
	ahead := s.logger.Pack(500)
	s.Now = start
	s.Record(ahead)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.Now = start.Add(time.Minute)
	s.Record(s.logger.Pack(500)) // later than the acceptance, and not than what was seen
	s.expectCondition(waymark.ConditionUnknown, "no-witness")
	s.Now = start.Add(4 * time.Minute)
	s.Record(s.logger.Pack(500))
	s.expectCondition(waymark.ConditionConformant)
}

// The times of transactions are claims: what happened after the attachment counts as
// such even if it says that it was before.
func TestAChangeIsSeenWhateverTheTimes(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.Now = s.Now.Add(-4 * time.Minute) // another gateway's clock
	for _, change := range []func(ledger.Ledger, waymark.DeviceStateRequest) (*waymark.Device, error){registry.SuspendDevice, registry.ResumeDevice} {
		scenario.Must(s.Consortium, s.operator("producer"), change, waymark.DeviceStateRequest{Device: "logger-1", Reason: "trick"})
	}
	s.expectCondition(waymark.ConditionUnknown, "witness-changed")
}

// Who holds the device's key could sign a good message in the place of a bad one: where
// both are known nobody can say which is true.
func TestAForkLeavesTheVerdictUnknown(t *testing.T) {
	s := newStory(t)
	twin := *s.logger
	hot := twin.Pack(4000)
	s.measure(500)
	if r := s.Record(hot); !slices.Equal(r[0].Reasons, []string{"fork"}) {
		t.Fatalf("result %+v", r)
	}
	s.expectCondition(waymark.ConditionUnknown, "fork")
	// A thief cannot do so for ever: what a revoked key signed is known to be worth nothing.
	s.Now = s.Now.Add(time.Second)
	scenario.Must(s.Consortium, s.operator("producer"), registry.RevokeKey, waymark.RevokeKeyRequest{Device: "logger-1", Key: "k1", From: scenario.Start, Reason: "stolen"})
	s.expectCondition(waymark.ConditionUnknown, "witness-changed")
}
