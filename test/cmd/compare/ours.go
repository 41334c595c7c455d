package main

import (
	"crypto"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// speaker is a device with a key, Ed25519, which it keeps in memory alone.
type speaker struct {
	id       string
	key      crypto.Signer
	sequence uint64
	previous []byte
}

func newSpeaker(id string) (*speaker, error) {
	key, err := attest.GenerateKey(attest.Ed25519)
	return &speaker{id: id, key: key}, err
}

func (s *speaker) header(kind attest.Kind) attest.Header {
	return attest.Header{Device: s.id, Consortium: channel, KeyID: "k1", Kind: kind}
}

// register is the registration of the device by its owner, with the device's own
// signature.
func (s *speaker) register(as who) (call, error) {
	jwk, err := attest.PublicJWK(s.key)
	if err != nil {
		return call{}, err
	}
	statement, err := json.Marshal(waymark.Registration{Device: s.id, Owner: as.member, Model: "TL-20", KeyID: "k1", JWK: jwk})
	if err != nil {
		return call{}, fmt.Errorf("encode registration: %w", err)
	}
	signed, err := attest.Sign(attest.JWS, s.key, s.header(attest.Registration), statement)
	if err != nil {
		return call{}, err
	}
	k, err := ours(as, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: signed.Text(), Activate: true})
	k.check = func(answer []byte) error {
		var d waymark.Device
		if err := json.Unmarshal(answer, &d); err != nil || d.ID != s.id {
			return fmt.Errorf("%w: %s", errWrong, answer)
		}
		return nil
	}
	return k, err
}

// say is the next message of the device: one temperature.
func (s *speaker) say() (string, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	pack, err := senml.EncodeCBOR([]senml.Reading{{Name: "temperature", Unit: "Cel", Value: 450, Time: now}})
	if err != nil {
		return "", err
	}
	s.sequence++
	h := s.header(attest.PackCBOR)
	h.Sequence, h.Previous = s.sequence, s.previous
	signed, err := attest.Sign(attest.COSE, s.key, h, pack)
	s.previous = signed.Digest[:]
	return signed.Text(), err
}

// register registers a new device of a member.
func register(as who, device string) (call, error) {
	s, err := newSpeaker(device)
	if err != nil {
		return call{}, err
	}
	return s.register(as)
}

func ourRegister(inFlight, _, n int) (call, error) { return register(owner, deviceID(inFlight, n)) }

// put is a policy that lets the asker have the telemetry of one device until a time,
// as theirs do. created makes one differ from the one before.
func put(as who, id, device string, created int) (call, error) {
	text := fmt.Sprintf(`// %d
permit (principal in Waymark::Member::%q, action == Waymark::Action::"ReadTelemetry", resource == Waymark::Telemetry::%q)
when { principal.role == "operator" && context.time < datetime("2100-01-01T00:00:00Z") };`, created, asker.member, device)
	k, err := ours(as, waymark.PoliciesPut, waymark.PutPolicyRequest{ID: id, Text: text})
	k.check = func(answer []byte) error {
		var p waymark.Policy
		if err := json.Unmarshal(answer, &p); err != nil || p.Text != text {
			return fmt.Errorf("%w: %s", errWrong, answer)
		}
		return nil
	}
	return k, err
}

// ourReplacement replaces a policy of the worker's own.
func ourReplacement(inFlight, worker, n int) (call, error) {
	if worker == waymark.MaxOwnPolicies-1 { // the one that permits stays what it is for
		return put(crowded, crowdedID(worker), busy, inFlight*1000000+n+1)
	}
	return put(crowded, crowdedID(worker), "other-"+strconv.Itoa(worker), inFlight*1000000+n+1)
}

// ourDecision asks for the telemetry of a device, or has the answer recorded.
func ourDecision(tx waymark.Transaction, device string) next {
	return func(int, int, int) (call, error) {
		k, err := ours(asker, tx, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: device})
		k.check = allowed
		return k, err
	}
}

// allowed checks an answer of Check or the receipt of Authorize.
func allowed(answer []byte) error {
	var a struct {
		Allowed  bool             `json:"allowed"`
		Decision waymark.Decision `json:"decision"`
	}
	if err := json.Unmarshal(answer, &a); err != nil || !a.Allowed && !a.Decision.Allowed {
		return fmt.Errorf("%w: %s", errWrong, answer)
	}
	return nil
}
