//go:build e2e

package e2e

import (
	"context"
	"crypto"
	"encoding/json"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// signer is a device of the producer as a key: its own, or that of an edge that signs for it.
type signer struct {
	id, edge string
	key      crypto.Signer
	next     uint64
	previous []byte
}

// newSigner registers a device with a key. Without one it makes it its own.
func newSigner(ctx context.Context, t *testing.T, edge *signer) *signer {
	t.Helper()
	s := &signer{id: name("logger"), next: 1}
	if edge == nil {
		s.key = newKey(t)
	} else {
		s.key, s.edge = edge.key, edge.id
	}
	done(ctx, t, operator(t, "producer").RegisterDevice, waymark.RegisterDeviceRequest{Registration: s.registration(t), Activate: true})
	return s
}

func (s *signer) registration(t *testing.T) string {
	t.Helper()
	jwk, err := attest.PublicJWK(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return s.say(t, attest.Registration, waymark.Registration{Device: s.id, Owner: "producer", Model: "TL-20", KeyID: "k1", JWK: jwk, Edge: s.edge})
}

// say signs a statement.
func (s *signer) say(t *testing.T, kind attest.Kind, statement any) string {
	t.Helper()
	payload, err := json.Marshal(statement)
	if err != nil {
		t.Fatal(err)
	}
	return s.sign(t, attest.Header{Kind: kind}, payload).Text()
}

func (s *signer) sign(t *testing.T, h attest.Header, payload []byte) attest.Signed {
	t.Helper()
	h.Device, h.Consortium, h.KeyID = s.id, local.at.Consortium, "k1"
	signed, err := attest.Sign(attest.COSE, s.key, h, payload)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// pack signs the next message.
func (s *signer) pack(t *testing.T) string {
	t.Helper()
	payload, err := senml.EncodeJSON([]senml.Reading{{Name: "temperature", Unit: "Cel", Value: 400, Time: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	signed := s.sign(t, attest.Header{Kind: attest.PackJSON, Sequence: s.next, Previous: s.previous}, payload)
	s.next, s.previous = s.next+1, signed.Digest[:]
	return signed.Text()
}

// presence signs what it says of a session that began at a time.
func (s *signer) presence(t *testing.T, state waymark.PresenceState, at int64) waymark.RecordPresenceRequest {
	t.Helper()
	return waymark.RecordPresenceRequest{Device: s.id, Presence: s.say(t, attest.Presence, waymark.Presence{State: state, At: at, Session: "s1"})}
}

// attend lets its presence go to the ledger.
func (s *signer) attend(ctx context.Context, t *testing.T) {
	t.Helper()
	done(ctx, t, operator(t, "producer").SetDeviceAttributes, waymark.SetAttributesRequest{Device: s.id, Reason: "theft",
		Attributes: waymark.DeviceAttributes{Presence: waymark.PresenceRecorded}})
}

// TestAnEdgeSignsForADevice: the ledger says that it did, the owner's policy tells the difference, and once
// the edge is suspended it signs for nobody.
func TestAnEdgeSignsForADevice(t *testing.T) {
	ctx := limit(t, time.Minute)
	producer, auditor := operator(t, "producer"), operator(t, "auditor")
	edge := newSigner(ctx, t, nil)
	held := newSigner(ctx, t, edge)
	first := held.pack(t)
	results, _ := record(ctx, t, first, edge.pack(t))
	for _, r := range results {
		if r.Outcome != waymark.Recorded {
			t.Errorf("%+v", r)
		}
	}
	for id, want := range map[string]string{held.id: edge.id, edge.id: ""} {
		w, err := producer.Window(ctx, waymark.WindowQuery{Device: id, Sequence: 1})
		if err != nil || w.Edge != want {
			t.Errorf("window of %s: edge %q, want %q (%v)", id, w.Edge, want, err)
		}
	}
	policy := name("policy")
	admin := as(t, "producer", waymark.Admin)
	done(ctx, t, admin.PutTemplate, waymark.PutTemplateRequest{ID: policy, Template: "partner-commands-own-signers", Parameters: map[string]string{"partner": "auditor"}})
	t.Cleanup(func() {
		done(ctx, t, admin.WithdrawPolicy, waymark.WithdrawPolicyRequest{ID: policy, Owner: "producer", Author: "producer", Reason: "test"})
	})
	command(ctx, t, auditor, edge.id)
	refused(ctx, t, auditor, "/v1/devices/"+held.id+"/commands", map[string]any{"id": name("command"), "name": "wake", "arguments": "{}",
		"expires_at": time.Now().Add(time.Hour).UTC()}, waymark.Forbidden, waymark.DefaultDeny)

	state := waymark.DeviceStateRequest{Device: edge.id, Reason: "stolen"}
	done(ctx, t, producer.SuspendDevice, state)
	second := held.pack(t)
	results, _ = record(ctx, t, first, second, edge.pack(t))
	if results[0].Outcome != waymark.Duplicate || results[1].Reasons[0] != waymark.ReasonEdge || results[2].Outcome != waymark.Rejected {
		t.Errorf("of a suspended edge: %+v", results)
	}
	done(ctx, t, producer.ResumeDevice, state)
	if results, _ = record(ctx, t, second); results[0].Outcome != waymark.Recorded {
		t.Errorf("once it is resumed: %+v", results)
	}
}

// TestPresenceOnTheLedger: only if the owner asked, and then the device's newest word.
func TestPresenceOnTheLedger(t *testing.T) {
	ctx := limit(t, time.Minute)
	relay, s := as(t, "carrier", waymark.Relay), newSigner(ctx, t, nil)
	now := time.Now().Unix()
	online := s.presence(t, waymark.PresenceOnline, now)
	refused(ctx, t, relay, "/v1/devices/"+s.id+"/presence", map[string]string{"presence": online.Presence}, waymark.FailedPrecondition, waymark.ReasonPresence)
	s.attend(ctx, t)
	done(ctx, t, relay.RecordPresence, online)
	gone, _ := done(ctx, t, relay.RecordPresence, s.presence(t, waymark.PresenceGone, now))
	if again, err := relay.RecordPresence(ctx, online); err != nil || again.Result.State != waymark.PresenceGone {
		t.Errorf("an older one: %+v (%v)", again.Result, err)
	}
	got, err := as(t, "auditor", waymark.Viewer).Presence(ctx, waymark.DeviceQuery{Device: s.id})
	if err != nil || got.State != waymark.PresenceGone || got.Recorded.TxID != gone.Recorded.TxID {
		t.Errorf("kept %+v (%v), want %+v", got, err, gone)
	}
}
