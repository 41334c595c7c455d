package custody_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// drawWords draws what a device says at a handoff, nothing in some cases.
func (s *attestedStory) drawWord(t *rapid.T, d *scenario.Device) (a waymark.Attestation, said bool) {
	if rapid.IntRange(0, 3).Draw(t, d.ID+" is silent") == 0 {
		return a, false
	}
	a = waymark.Attestation{Shipment: "s1", Handoff: s.handoff.Number, Nonce: s.handoff.Nonce,
		Last: rapid.Uint64Range(0, 3).Draw(t, d.ID+" sent"), At: s.Now.Unix()}
	for _, id := range []string{"S1", "S2", "S3"} {
		if state := rapid.SampledFrom(append(waymark.SealStates(), waymark.SealIntact, waymark.SealIntact, "")).Draw(t, d.ID+" finds "+id); state != "" {
			a.Seals = append(a.Seals, waymark.Seal{ID: id, State: state})
		}
	}
	return a, true
}

// TestAnyWordsOfDevices: whatever devices say, an acceptance without words means that each
// witness has spoken and held nothing back, and that every seal which should be there was found
// intact by one device and by none otherwise.
func TestAnyWordsOfDevices(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newAttestedStory(t, sealed) // logger-1 has sent one message
		second := s.Device("logger-2", "carrier")
		r := s.request("")
		states := map[string][]waymark.SealState{}
		clean := true
		for _, d := range []*scenario.Device{s.logger, s.scanner, second} {
			a, said := s.drawWord(rt, d)
			if !said {
				clean = clean && d != s.logger
				continue
			}
			clean = clean && (d != s.logger || a.Last <= 1)
			for _, found := range a.Seals {
				states[found.ID] = append(states[found.ID], found.State)
			}
			r.Attestations = append(r.Attestations, d.AttestAs(a))
		}
		for id, bad := range map[string]bool{"S1": !found(states["S1"], waymark.SealIntact), "S2": !found(states["S2"], waymark.SealIntact), "S3": false} {
			relevant := id != "S3" || found(states[id], waymark.SealApplied)
			clean = clean && !bad && (!relevant || !found(states[id], waymark.SealBroken) && !found(states[id], waymark.SealMissing))
		}
		_, err := scenario.Submit(s.Consortium, s.operator("carrier"), custody.Accept, r)
		if (err == nil) != clean {
			rt.Fatalf("clean %t, seals %v: %v", clean, states, err)
		}
		r.Reservation = "as found"
		if err != nil {
			s.take(r)
		}
		for _, seal := range s.view().Cargo.Seals {
			broken := found(states[seal.ID], waymark.SealBroken) || found(states[seal.ID], waymark.SealMissing)
			if (seal.State == waymark.SealIntact) == broken {
				rt.Fatalf("%+v after %v", seal, states)
			}
		}
	})
}

func found(states []waymark.SealState, state waymark.SealState) bool {
	for _, s := range states {
		if s == state {
			return true
		}
	}
	return false
}

// An acceptance relies on the keys of the devices that it heard: one that changes
// before it commits invalidates it.
func TestAKeyThatChangesInvalidatesTheAcceptance(t *testing.T) {
	for name, change := range map[string]func(*attestedStory){
		"rotated": func(s *attestedStory) {
			scenario.Must(s.Consortium, s.operator("carrier"), registry.RotateKey, waymark.RotateKeyRequest{Device: "scanner-1", Rotation: s.scanner.Rotation("k2")})
		},
		"revoked": func(s *attestedStory) {
			scenario.Must(s.Consortium, s.operator("carrier"), registry.RevokeKey, waymark.RevokeKeyRequest{Device: "scanner-1", Key: "k1", From: s.Now, Reason: "stolen"})
		},
		"suspended": func(s *attestedStory) {
			scenario.Must(s.Consortium, s.operator("carrier"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "scanner-1", Reason: "stolen"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAttestedStory(t, nil)
			r := s.request("", s.logger.Attest(s.handoff, nil), s.scanner.Attest(s.handoff, nil))
			tx := endorse(s.story, s.operator("carrier"), custody.Accept, r)
			s.Now = s.Now.Add(time.Second)
			change(s)
			if err := tx.Commit(); !errors.Is(err, memledger.ErrInvalid) {
				t.Errorf("committed with %v", err)
			}
		})
	}
}

// Two members' claims are on two records: a waiver and the next acceptance do not meet.
func TestAWaiverAndAnAcceptanceDoNotConflict(t *testing.T) {
	s := newStory(t)
	s.accept("carrier", s.offer("producer", "carrier"), "no reading yet")
	s.measure(500)
	number := s.offer("carrier", "retailer")
	waiver := endorse(s, s.operator("carrier"), custody.WaiveClaim, waiveRequest(1, "fine"))
	acceptance := endorse(s, s.operator("retailer"), custody.Accept, acceptRequest(number, ""))
	for _, tx := range []*memledger.Transaction{acceptance, waiver} {
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := ledger.Load[waymark.Discrepancy](s.World.Begin(s.Tx(s.operator("carrier"))), ledger.DiscrepancyKey("s1", 1)); err != nil || d.Waived == nil {
		t.Errorf("discrepancy %+v, %v", d, err)
	}
}
