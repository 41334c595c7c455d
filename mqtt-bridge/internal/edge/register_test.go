package edge_test

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
)

// statement reads a registration, and checks that the key that it names has signed it.
func statement(t *testing.T, text string) waymark.Registration {
	t.Helper()
	m, err := attest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := waymark.ParseRegistration(m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Verify(r.JWK); err != nil || m.Device != r.Device || m.KeyID != r.KeyID || m.Kind != attest.Registration {
		t.Fatalf("%+v says %+v: %v", m.Header, r, err)
	}
	return r
}

func TestRegistrations(t *testing.T) {
	p := newPlant(t)
	p.config.Devices[0].KeyID = "k7"
	for i := range waymark.MaxRegistrations {
		p.config.Devices = append(p.config.Devices, config.Device{ID: fmt.Sprintf("more-%d", i), Source: "packs"})
	}
	requests, err := edge.Registrations(p.config, "producer", "TL-20")
	if err != nil || len(requests) != 3 {
		t.Fatalf("%d requests, %v", len(requests), err)
	}
	own, isOne := requests[0].Body.(waymark.RegisterDeviceRequest)
	first, isMany := requests[1].Body.(waymark.RegisterManyRequest)
	second, isManyToo := requests[2].Body.(waymark.RegisterManyRequest)
	if !isOne || !isMany || !isManyToo || requests[0].Path != "/v1/devices" || requests[1].Path != "/v1/devices:registerMany" {
		t.Fatalf("%+v", requests)
	}
	for _, valid := range []interface{ Validate() error }{own, first, second} {
		if err := valid.Validate(); err != nil {
			t.Error(err)
		}
	}
	self := statement(t, own.Registration)
	if self.Device != "edge-1" || self.KeyID != "e1" || self.Edge != "" || self.Owner != "producer" {
		t.Errorf("the edge: %+v", self)
	}
	if len(first.Registrations) != waymark.MaxRegistrations || len(second.Registrations) != 3 {
		t.Fatalf("%d and %d devices", len(first.Registrations), len(second.Registrations))
	}
	want := waymark.Registration{Device: "logger-1", Owner: "producer", Model: "TL-20", KeyID: "k7", JWK: self.JWK, Edge: "edge-1"}
	if got := statement(t, first.Registrations[0]); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := edge.Registrations(p.config, "no member", "TL-20"); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("an owner that cannot be: %v", err)
	}
}
