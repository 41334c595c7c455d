package registry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// attended makes a device whose presence goes to the ledger.
func attended(c *scenario.Consortium, d *scenario.Device) *scenario.Device {
	c.T.Helper()
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: d.ID, Reason: "theft",
		Attributes: waymark.DeviceAttributes{Presence: waymark.PresenceRecorded}})
	return d
}

func says(d *scenario.Device, state waymark.PresenceState, at time.Time, session string) waymark.RecordPresenceRequest {
	return waymark.RecordPresenceRequest{Device: d.ID, Presence: d.Present(waymark.Presence{State: state, At: at.Unix(), Session: session})}
}

func TestTheNewestPresenceIsKept(t *testing.T) {
	c := scenario.New(t)
	d := attended(c, c.Device("logger-1", "producer"))
	relay, query := c.As("carrier", waymark.Relay), waymark.DeviceQuery{Device: d.ID}
	scenario.Refused(c, relay, registry.Presence, query, waymark.NotFound, "")
	begun := c.Now.Add(time.Minute)
	c.Now = begun
	online, gone := says(d, waymark.PresenceOnline, begun, "s1"), says(d, waymark.PresenceGone, begun, "s1")
	first := scenario.Must(c, relay, registry.RecordPresence, online)
	if first.State != waymark.PresenceOnline || !first.At.Equal(begun) || first.Session != "s1" || first.Key != "k1" || first.Edge != "" ||
		len(first.Digest) != attest.DigestSize || first.Recorded.Member != "carrier" {
		t.Errorf("presence %+v", first)
	}
	expectNothing(c, relay, registry.RecordPresence, online, first)
	ended := scenario.Must(c, relay, registry.RecordPresence, gone)
	expectNothing(c, relay, registry.RecordPresence, online, ended)
	c.Now = c.Now.Add(time.Hour)
	again := scenario.Must(c, relay, registry.RecordPresence, says(d, waymark.PresenceOnline, c.Now, "s2"))
	expectNothing(c, relay, registry.RecordPresence, gone, again)
	for _, role := range waymark.Roles() {
		expectNothing(c, c.As("auditor", role), registry.Presence, query, again)
	}
	// What is no newer is answered whatever has become of the key since.
	setState(c, d.ID, registry.SuspendDevice)
	expectNothing(c, relay, registry.RecordPresence, online, again)
	scenario.Refused(c, relay, registry.RecordPresence, says(d, waymark.PresenceGone, c.Now, "s3"), waymark.Forbidden, "only-active-device-reports")
}

func TestWhatIsNoPresence(t *testing.T) {
	c := scenario.New(t)
	edge := c.Device("edge-1", "producer")
	d, held, silent := attended(c, c.Device("logger-1", "producer")), attended(c, c.Held("logger-2", edge)), c.Device("logger-3", "producer")
	old := *attended(c, c.Device("logger-4", "producer"))
	rotated := old
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: old.ID, Rotation: rotated.Rotation("k2")})
	c.Now = c.Now.Add(time.Minute)
	relay := c.As("carrier", waymark.Relay)
	now := func(d *scenario.Device) waymark.RecordPresenceRequest {
		return says(d, waymark.PresenceOnline, c.Now, "s1")
	}
	as := func(id string, r waymark.RecordPresenceRequest) waymark.RecordPresenceRequest {
		r.Device = id
		return r
	}
	if got := scenario.Must(c, relay, registry.RecordPresence, now(held)); got.Edge != "edge-1" {
		t.Errorf("presence %+v", got)
	}
	setState(c, "edge-1", registry.SuspendDevice)
	forger := c.NewDevice("logger-1", "producer")
	for name, test := range map[string]struct {
		give   waymark.RecordPresenceRequest
		code   waymark.Code
		reason string
	}{
		"its owner did not ask":      {now(silent), waymark.FailedPrecondition, waymark.ReasonPresence},
		"no such device":             {now(c.NewDevice("logger-9", "producer")), waymark.NotFound, ""},
		"of another device":          {as("logger-1", now(held)), waymark.Invalid, ""},
		"signed by another":          {now(forger), waymark.Unauthenticated, waymark.ReasonSignature},
		"a key that was replaced":    {now(&old), waymark.Unauthenticated, waymark.ReasonKey},
		"an edge that is not active": {says(held, waymark.PresenceGone, c.Now, "s1"), waymark.Forbidden, waymark.ReasonEdge},
		"from the future":            {says(d, waymark.PresenceOnline, c.Now.Add(6*time.Minute), "s1"), waymark.Invalid, waymark.ReasonTime},
		"before it was registered":   {says(d, waymark.PresenceOnline, scenario.Start.Add(-time.Second), "s1"), waymark.Invalid, waymark.ReasonTime},
		"no message":                 {waymark.RecordPresenceRequest{Device: d.ID, Presence: "nonsense"}, waymark.Invalid, ""},
		"too long":                   {waymark.RecordPresenceRequest{Device: d.ID, Presence: strings.Repeat("a", waymark.MaxMessageBytes+1)}, waymark.Invalid, ""},
		"another kind": {waymark.RecordPresenceRequest{Device: d.ID, Presence: d.Sign(attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Receipt},
			[]byte(`{"state":"online","at":1,"session":"s1"}`))}, waymark.Invalid, ""},
		"another consortium": {waymark.RecordPresenceRequest{Device: d.ID, Presence: d.Sign(attest.Header{Device: d.ID, Consortium: "other", KeyID: d.KeyID, Kind: attest.Presence},
			[]byte(`{"state":"online","at":1,"session":"s1"}`))}, waymark.Invalid, ""},
		"malformed": {waymark.RecordPresenceRequest{Device: d.ID, Presence: d.Sign(attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Presence},
			[]byte(`{"state":"here"}`))}, waymark.Invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(c, relay, registry.RecordPresence, test.give, test.code, test.reason)
		})
	}
	for _, role := range []waymark.Role{waymark.Admin, waymark.Viewer, waymark.Quality, ""} {
		scenario.Refused(c, c.As("producer", role), registry.RecordPresence, now(d), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Sweep(c, relay, registry.RecordPresence, now(d))
	scenario.Sweep(c, relay, registry.Presence, waymark.DeviceQuery{Device: held.ID})
}
