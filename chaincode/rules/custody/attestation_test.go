package custody_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// attestedStory is a story of a shipment that is attested, sealed with S1 and S2, with a
// scanner of the carrier, ready to be handed to it.
type attestedStory struct {
	*story
	scanner *scenario.Device
	handoff waymark.Handoff
}

func newAttestedStory(t *testing.T, change func(*waymark.CreateShipmentRequest)) *attestedStory {
	t.Helper()
	c := newConsortium(t)
	s := &attestedStory{story: &story{Consortium: c, logger: c.Device("logger-1", "producer")}}
	r := createRequest("s1")
	r.Attested = true
	if change != nil {
		change(&r)
	}
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.attach("logger-1")
	s.scanner = s.Device("scanner-1", "carrier")
	s.measure(500)
	s.open("producer", "carrier")
	return s
}

func sealed(r *waymark.CreateShipmentRequest) { r.Seals = []string{"S1", "S2"} }

// open offers the shipment.
func (s *attestedStory) open(from, to string) {
	s.T.Helper()
	s.handoff = *scenario.Must(s.Consortium, s.operator(from), custody.Offer, s.offerRequest(to))
}

// request is an acceptance of the open handoff.
func (s *attestedStory) request(reservation string, attestations ...string) waymark.AcceptHandoffRequest {
	return waymark.AcceptHandoffRequest{Shipment: "s1", Number: s.handoff.Number, Reservation: reservation, Attestations: attestations}
}

func (s *attestedStory) take(r waymark.AcceptHandoffRequest) *waymark.Handoff {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.operator(s.handoff.To), custody.Accept, r)
}

func (s *attestedStory) refused(r waymark.AcceptHandoffRequest, code waymark.Code, reason string) {
	s.T.Helper()
	scenario.Refused(s.Consortium, s.operator(s.handoff.To), custody.Accept, r, code, reason)
}

// seals are findings, as in "S1=intact S2=broken".
func seals(text string) []waymark.Seal {
	var found []waymark.Seal
	for _, f := range strings.Fields(text) {
		id, state, _ := strings.Cut(f, "=")
		found = append(found, waymark.Seal{ID: id, State: waymark.SealState(state)})
	}
	return found
}

func TestAnAttestedShipmentNeedsTheWordOfItsWitnesses(t *testing.T) {
	s := newAttestedStory(t, nil)
	s.refused(s.request(""), waymark.FailedPrecondition, "no-attestation")
	scan := s.scanner.Attest(s.handoff, nil)
	s.refused(s.request("", scan), waymark.FailedPrecondition, "no-attestation")
	word := s.logger.Attest(s.handoff, nil)
	h := s.take(s.request("", word, scan))
	if h.Condition != waymark.ConditionConformant || len(h.Reasons) != 0 || h.Discrepant() {
		t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
	}
	if e := h.Attestations; len(e) != 2 || e[0].Device != "logger-1" || e[0].Key != "k1" || e[0].Last != 1 || len(e[0].Digest) != attest.DigestSize ||
		!e[0].At.Equal(s.Now.Truncate(time.Second)) || e[1].Device != "scanner-1" || e[1].Last != 0 {
		t.Errorf("evidence %+v", h.Attestations)
	}
	expectAgain(s.story, "carrier", custody.Accept, s.request("", word, scan), h)
	for _, other := range []waymark.AcceptHandoffRequest{s.request(""), s.request("", word), s.request("", scan, word)} {
		s.refused(other, waymark.FailedPrecondition, "handoff-open")
	}
	// Keys may go on: what was said stays said.
	scenario.Must(s.Consortium, s.operator("carrier"), registry.RotateKey, waymark.RotateKeyRequest{Device: "scanner-1", Rotation: s.scanner.Rotation("k2")})
	expectAgain(s.story, "carrier", custody.Accept, s.request("", word, scan), h)
}

func TestWithoutAWitnessAnyDeviceOfEitherSideAttests(t *testing.T) {
	for _, owner := range []string{"producer", "carrier"} {
		c := newConsortium(t)
		s := &attestedStory{story: &story{Consortium: c}}
		r := createRequest("s1")
		r.Attested, r.Conditions = true, nil
		scenario.Must(c, s.operator("producer"), custody.Create, r)
		scanner := s.Device("scanner-1", owner)
		s.open("producer", "carrier")
		s.refused(s.request(""), waymark.FailedPrecondition, "no-attestation")
		if h := s.take(s.request("", scanner.Attest(s.handoff, nil))); h.Condition != waymark.ConditionConformant {
			t.Errorf("on the word of a device of %s: %s %v", owner, h.Condition, h.Reasons)
		}
	}
}

func TestAnAttestationMayBeMissedWithAReservation(t *testing.T) {
	s := newAttestedStory(t, sealed)
	h := s.take(s.request("the logger does not hear us"))
	if want := []string{"no-attestation", "seal"}; h.Condition != waymark.ConditionUnknown || !slices.Equal(h.Reasons, want) {
		t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
	}
}

// The last message that a witness signed, held back by whoever relays it, is found out.
func TestAHeldBackMessageIsFoundOut(t *testing.T) {
	s := newAttestedStory(t, nil)
	s.Now = s.Now.Add(time.Second)
	hot := s.logger.Pack(4000) // signed, and not recorded
	word := s.logger.Attest(s.handoff, nil)
	s.refused(s.request("", word), waymark.FailedPrecondition, "missing-messages")
	s.Record(hot)
	s.refused(s.request("", word), waymark.FailedPrecondition, "excursion")
	h := s.take(s.request("warm", word))
	if h.Condition != waymark.ConditionNonConformant || !slices.Equal(h.Reasons, []string{"excursion"}) {
		t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
	}
}

// A device that is no witness has a stream of its own: what of it is recorded is nobody's
// business.
func TestAScannerMayHoldBackWhatIsItsOwn(t *testing.T) {
	s := newAttestedStory(t, nil)
	s.scanner.Pack(500)
	s.take(s.request("", s.logger.Attest(s.handoff, nil), s.scanner.Attest(s.handoff, nil)))
}

func TestABadAttestationRefusesTheAcceptance(t *testing.T) {
	of := func(s *attestedStory) waymark.Attestation {
		return waymark.Attestation{Shipment: "s1", Handoff: s.handoff.Number, Nonce: s.handoff.Nonce, At: s.Now.Unix()}
	}
	header := func(d *scenario.Device) attest.Header {
		return attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Attestation}
	}
	changed := func(change func(s *attestedStory, a *waymark.Attestation)) func(*attestedStory) string {
		return func(s *attestedStory) string {
			a := of(s)
			change(s, &a)
			return s.scanner.AttestAs(a)
		}
	}
	tests := map[string]struct {
		make   func(*attestedStory) string
		code   waymark.Code
		reason string
	}{
		"no message":       {func(*attestedStory) string { return "hello" }, waymark.Invalid, ""},
		"another kind":     {func(s *attestedStory) string { return s.scanner.Registration() }, waymark.Invalid, ""},
		"a pack":           {func(s *attestedStory) string { return s.scanner.Pack(500) }, waymark.Invalid, ""},
		"a payload cut":    {func(s *attestedStory) string { return s.scanner.Sign(header(s.scanner), []byte("{")) }, waymark.Invalid, ""},
		"another shipment": {changed(func(_ *attestedStory, a *waymark.Attestation) { a.Shipment = "s2" }), waymark.Invalid, "nonce"},
		"another handoff":  {changed(func(_ *attestedStory, a *waymark.Attestation) { a.Handoff++ }), waymark.Invalid, "nonce"},
		"another nonce":    {changed(func(_ *attestedStory, a *waymark.Attestation) { a.Nonce = strings.Repeat("0", 32) }), waymark.Invalid, "nonce"},
		"before the offer": {changed(func(s *attestedStory, a *waymark.Attestation) {
			a.At = s.handoff.Offered.Time.Add(-2*attest.MaxClockSkew).Unix() - 1
		}), waymark.Invalid, "time"},
		"from the future": {changed(func(s *attestedStory, a *waymark.Attestation) { a.At = s.Now.Add(attest.MaxClockSkew).Unix() + 1 }), waymark.Invalid, "time"},
		"another consortium": {func(s *attestedStory) string {
			h := header(s.scanner)
			h.Consortium = "elsewhere"
			return s.scanner.Sign(h, []byte(fmt.Sprintf(`{"shipment":"s1","handoff":1,"nonce":%q,"last":0,"at":%d}`, s.handoff.Nonce, s.Now.Unix())))
		}, waymark.Invalid, ""},
		"an unknown device": {func(s *attestedStory) string { return s.NewDevice("scanner-9", "carrier").AttestAs(of(s)) }, waymark.NotFound, ""},
		"a look-alike":      {func(s *attestedStory) string { return s.NewDevice("scanner-1", "carrier").AttestAs(of(s)) }, waymark.Unauthenticated, "signature"},
		"a key that it never had": {func(s *attestedStory) string {
			twin := *s.scanner
			twin.Rotation("k9")
			return twin.AttestAs(of(s))
		}, waymark.Unauthenticated, "key-in-force"},
		"a key that was replaced": {func(s *attestedStory) string {
			text := s.scanner.AttestAs(of(s))
			scenario.Must(s.Consortium, s.operator("carrier"), registry.RotateKey, waymark.RotateKeyRequest{Device: "scanner-1", Rotation: s.scanner.Rotation("k2")})
			return text
		}, waymark.Unauthenticated, "key-in-force"},
		"a suspended device": {func(s *attestedStory) string {
			scenario.Must(s.Consortium, s.operator("carrier"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "scanner-1", Reason: "lost"})
			return s.scanner.AttestAs(of(s))
		}, waymark.Forbidden, "only-active-device-reports"},
		"a revoked certificate": {func(s *attestedStory) string {
			a := s.Authority("carrier", true)
			d := s.NewDevice("scanner-2", "carrier")
			scenario.Must(s.Consortium, s.As("carrier", waymark.Relay), registry.Join, a.Join(d, a.Issue(d, nil)))
			scenario.Must(s.Consortium, s.As("carrier", waymark.Admin), registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: "10", Reason: "stolen"})
			return d.AttestAs(of(s))
		}, waymark.Unauthenticated, "certificate-revoked"},
		"a device of neither side": {func(s *attestedStory) string { return s.Device("scanner-r", "retailer").AttestAs(of(s)) }, waymark.Forbidden, "not-a-witness"},
		"the same device again":    {func(s *attestedStory) string { return s.logger.Attest(s.handoff, seals("S1=broken")) }, waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newAttestedStory(t, nil)
			s.Now = s.Now.Add(time.Second)
			bad := test.make(s)
			r := s.request("in any case", s.logger.Attest(s.handoff, nil), bad)
			s.refused(r, test.code, test.reason)
			_, _, err := scenario.Endorse(s.Consortium, s.operator("carrier"), custody.Accept, r)
			if e := waymark.AsError(err); e == nil || e.Field != "/attestations/1" {
				t.Errorf("it points at %+v", e)
			}
			s.take(s.request("in any case", s.logger.Attest(s.handoff, nil)))
		})
	}
}

// An attestation of one offer serves no other, even of the same goods to the same member.
func TestANonceIsOfOneOffer(t *testing.T) {
	s := newAttestedStory(t, nil)
	first := s.handoff
	if raw, err := hex.DecodeString(first.Nonce); err != nil || len(raw) != 16 {
		t.Errorf("nonce %q", first.Nonce)
	}
	old := s.logger.Attest(first, nil)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(1))
	s.open("producer", "carrier")
	if s.handoff.Nonce == first.Nonce {
		t.Error("two offers have one nonce")
	}
	s.refused(s.request("", old), waymark.Invalid, "nonce")
	mixed := s.handoff
	mixed.Nonce = first.Nonce
	s.refused(s.request("", s.logger.Attest(mixed, nil)), waymark.Invalid, "nonce")
	s.take(s.request("", s.logger.Attest(s.handoff, nil)))
}

// A handoff that an earlier version offered has no nonce: nothing can be of it.
func TestAnOfferWithoutANonceTakesNoAttestation(t *testing.T) {
	s := newAttestedStory(t, nil)
	plain := s.handoff
	plain.Nonce = strings.Repeat("0", 32)
	text := s.logger.Attest(plain, nil)
	s.forget("nonce")
	s.refused(s.request("", text), waymark.Invalid, "nonce")
	s.take(s.request("nobody could say"))
}

func TestAttestationsAreBounded(t *testing.T) {
	s := newAttestedStory(t, nil)
	r := s.request("")
	for range waymark.MaxAttestations + 1 {
		r.Attestations = append(r.Attestations, "x")
	}
	s.refused(r, waymark.Invalid, "")
	s.refused(s.request("", strings.Repeat("x", waymark.MaxAttestationBytes+1)), waymark.Invalid, "")
	s.refused(s.request("", ""), waymark.Invalid, "")
}
