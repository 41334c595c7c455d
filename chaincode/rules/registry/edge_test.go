package registry_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// outcomes are what became of messages: the outcome, or why they were rejected.
func outcomes(results []waymark.MessageResult) []string {
	var all []string
	for _, r := range results {
		is := string(r.Outcome)
		if r.Outcome == waymark.Rejected {
			is = string(r.Code) + " " + r.Reasons[0]
		}
		all = append(all, is)
	}
	return all
}

func expectOutcome(c *scenario.Consortium, d *scenario.Device, want string) {
	c.T.Helper()
	next := *d
	if got := outcomes(c.Record(next.Pack(400))); got[0] != want {
		c.T.Errorf("%s, want %s", got[0], want)
	}
	if want == "recorded" {
		*d = next
	}
}

func setState(c *scenario.Consortium, id string, rule func(ledger.Ledger, waymark.DeviceStateRequest) (*waymark.Device, error)) *waymark.Device {
	c.T.Helper()
	return scenario.Must(c, c.As("producer", waymark.Operator), rule, waymark.DeviceStateRequest{Device: id, Reason: "because"})
}

func TestAnEdgeSignsForADevice(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	edge := c.Device("edge-1", "producer")
	d := c.NewHeld("logger-1", edge)
	record := scenario.Must(c, by, registry.RegisterDevice, registration(d))
	if k := record.Keys[0]; k.Edge != "edge-1" || k.JWK != edge.Statement().JWK || record.Edge(c.Now) != "edge-1" || k.Origin != waymark.KeyByDevice {
		t.Errorf("device %+v", record)
	}
	own := *d
	own.Edge = ""
	scenario.Refused(c, by, registry.RegisterDevice, registration(&own), waymark.AlreadyExists, "")
	other := c.Held("logger-2", edge)
	if got := outcomes(c.Record(d.Pack(400), other.Pack(410), edge.Pack(420), d.Pack(430))); slices.ContainsFunc(got, func(s string) bool { return s != "recorded" }) {
		t.Errorf("outcomes %v", got)
	}
	viewer := c.As("producer", waymark.Viewer)
	for id, want := range map[string]string{"logger-1": "edge-1", "edge-1": ""} {
		w := scenario.Must(c, viewer, telemetry.Window, waymark.WindowQuery{Device: id, Sequence: 1})
		if w.Edge != want || w.Disputed {
			t.Errorf("window of %s: %+v", id, w)
		}
	}
	setState(c, "edge-1", registry.SuspendDevice)
	expectNothing(c, by, registry.RegisterDevice, registration(d), record)
	many := waymark.RegisterManyRequest{Registrations: []string{d.Registration(), c.NewHeld("logger-3", edge).Registration()}}
	scenario.Refused(c, by, registry.RegisterMany, many, waymark.Forbidden, "")
	setState(c, "edge-1", registry.ResumeDevice)
	if got := scenario.Must(c, by, registry.RegisterMany, many); got.Devices[0].New || !got.Devices[1].New {
		t.Errorf("registered %+v", got)
	}
}

func TestWhatNoEdgeHolds(t *testing.T) {
	c := scenario.New(t)
	edge, foreign, silent := c.Device("edge-1", "producer"), c.Device("edge-2", "carrier"), c.Device("edge-3", "producer")
	setState(c, "edge-3", registry.SuspendDevice)
	led := c.Held("edge-4", edge) // the key of an edge that another holds is none to sign with for others
	rotated := c.Device("edge-5", "producer")
	old := *rotated
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: "edge-5", Rotation: rotated.Rotation("k2")})
	revoked := c.Device("edge-6", "producer")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RevokeKey, waymark.RevokeKeyRequest{Device: "edge-6", Key: "k1", From: c.Now, Reason: "stolen"})
	held := func(edge *scenario.Device, change func(*scenario.Device)) waymark.RegisterDeviceRequest {
		d := c.NewHeld("logger-1", edge)
		d.Owner = "producer"
		if change != nil {
			change(d)
		}
		return registration(d)
	}
	for name, test := range map[string]struct {
		give   waymark.RegisterDeviceRequest
		code   waymark.Code
		reason string
	}{
		"no such edge":               {held(edge, func(d *scenario.Device) { d.Edge = "edge-9" }), waymark.Forbidden, waymark.ReasonEdge},
		"the device itself":          {held(edge, func(d *scenario.Device) { d.Edge = "logger-1" }), waymark.Forbidden, waymark.ReasonEdge},
		"of another owner":           {held(foreign, nil), waymark.Forbidden, waymark.ReasonEdge},
		"suspended":                  {held(silent, nil), waymark.Forbidden, waymark.ReasonEdge},
		"a key of its own":           {held(edge, func(d *scenario.Device) { d.Key = c.NewDevice("x", "x").Key }), waymark.Unauthenticated, waymark.ReasonKey},
		"a key that another holds":   {held(led, nil), waymark.Unauthenticated, waymark.ReasonKey},
		"a key that was replaced":    {held(&old, nil), waymark.Unauthenticated, waymark.ReasonKey},
		"a key that is revoked":      {held(revoked, nil), waymark.Unauthenticated, waymark.ReasonKey},
		"an edge that is no id":      {held(edge, func(d *scenario.Device) { d.Edge = "edge/1" }), waymark.Invalid, ""},
		"signed by another":          {held(edge, func(d *scenario.Device) { d.Edge = "edge-5" }), waymark.Unauthenticated, waymark.ReasonKey},
		"another member's own words": {held(foreign, func(d *scenario.Device) { d.Owner = "carrier" }), waymark.Forbidden, waymark.DefaultDeny},
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(c, c.As("producer", waymark.Operator), registry.RegisterDevice, test.give, test.code, test.reason)
		})
	}
	a := c.Authority("producer", true)
	joining := c.NewHeld("logger-8", edge)
	scenario.Refused(c, c.As("carrier", waymark.Relay), registry.Join, a.Join(joining, a.Issue(joining, nil)), waymark.Invalid, "")
}

// An edge that is suspended, moved or without its key signs for nobody.
func TestAnEdgeThatEnds(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	edge := c.Device("edge-1", "producer")
	d, later := c.Held("logger-1", edge), c.Held("logger-2", edge)
	sent := d.Pack(400)
	c.Record(sent)
	setState(c, "edge-1", registry.SuspendDevice)
	expectOutcome(c, d, "forbidden edge-not-active")
	if got := outcomes(c.Record(sent)); got[0] != "duplicate" {
		t.Errorf("again %v", got)
	}
	scenario.Refused(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-2", Rotation: later.Rotation("k2")}, waymark.Forbidden, waymark.ReasonEdge)
	setState(c, "edge-1", registry.ResumeDevice)
	expectOutcome(c, d, "recorded")
	setState(c, "logger-1", registry.SuspendDevice)
	expectOutcome(c, d, "forbidden only-active-device-reports")
	setState(c, "logger-1", registry.ResumeDevice)

	// Its key rotates: within the overlap the devices follow.
	scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "edge-1", Rotation: edge.Rotation("k2"), OverlapSeconds: 60})
	expectOutcome(c, d, "recorded")
	follow := *d
	follow.Key, follow.KeyID = edge.Key, "k2"
	rotated := scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: d.RotationTo(follow)})
	if rotated.Edge(c.Now) != "edge-1" || rotated.Keys[1].Edge != "edge-1" {
		t.Errorf("rotated %+v", rotated)
	}
	c.Now = c.Now.Add(time.Minute)
	expectOutcome(c, d, "recorded")

	scenario.Must(c, by, registry.OfferTransfer, waymark.OfferTransferRequest{Device: "edge-1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: "edge-1"})
	expectOutcome(c, d, "forbidden edge-not-active")
	replaced := scenario.Must(c, c.As("producer", waymark.Admin), registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: "logger-1", Registration: d.Replacement("k3"), Reason: "it signs itself now"})
	if replaced.Edge(c.Now) != "" {
		t.Errorf("replaced %+v", replaced)
	}
	expectOutcome(c, d, "recorded")
}

func TestAHeldKeyEndsWhenTheDeviceMoves(t *testing.T) {
	c := scenario.New(t)
	edge, theirs := c.Device("edge-1", "producer"), c.Device("edge-2", "carrier")
	d := c.Held("logger-1", edge)
	expectOutcome(c, d, "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.OfferTransfer, offer(c, "carrier"))
	expectOutcome(c, d, "recorded")
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, acceptance)
	expectOutcome(c, d, "unauthenticated key-in-force")
	d.Owner, d.Edge, d.Key, d.KeyID = "carrier", "edge-2", theirs.Key, "k2"
	scenario.Must(c, c.As("carrier", waymark.Admin), registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: "logger-1", Registration: d.Registration(), Reason: "ours"})
	expectOutcome(c, d, "recorded")
	w := scenario.Must(c, c.As("carrier", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: 3})
	if w.Edge != "edge-2" {
		t.Errorf("window %+v", w)
	}
}

// A theft at the edge disputes what was signed with its key for others.
func TestARevocationAtTheEdge(t *testing.T) {
	c := scenario.New(t)
	edge := c.Device("edge-1", "producer")
	d := c.Held("logger-1", edge)
	expectOutcome(c, d, "recorded")
	c.Now = c.Now.Add(time.Hour)
	stolen := c.Now
	expectOutcome(c, d, "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RevokeKey, waymark.RevokeKeyRequest{Device: "edge-1", Key: "k1", From: stolen, Reason: "stolen"})
	expectOutcome(c, d, "unauthenticated key-in-force")
	for sequence, want := range map[uint64]bool{1: false, 2: true} {
		w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: sequence})
		if w.Disputed != want {
			t.Errorf("message %d disputed: %t", sequence, w.Disputed)
		}
	}
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RevokeKey, waymark.RevokeKeyRequest{Device: "logger-1", Key: "k1", From: scenario.Start, Reason: "stolen"})
	if w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: 1}); !w.Disputed {
		t.Error("a key revoked by the device's owner disputes nothing")
	}
}

// A batch reads the edge: a suspension that commits first invalidates it.
func TestAnEdgeIsSuspendedMeanwhile(t *testing.T) {
	c := scenario.New(t)
	edge := c.Device("edge-1", "producer")
	d := c.Held("logger-1", edge)
	_, late, err := scenario.Endorse(c, c.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: []string{d.Pack(400)}})
	if err != nil {
		t.Fatal(err)
	}
	setState(c, "edge-1", registry.SuspendDevice)
	if err := late.Commit(); err == nil {
		t.Error("a batch signed by an edge that is suspended is valid")
	}
}

// TestAnyHistoryOfAnEdge: whatever becomes of an edge and of a device that it signs for, a message is
// recorded only while both records say so.
func TestAnyHistoryOfAnEdge(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := scenario.New(t)
		edge := c.Device("edge-1", "producer")
		d := c.Held("logger-1", edge)
		for range rapid.IntRange(1, 12).Draw(r, "acts") {
			c.Now = c.Now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "seconds")) * time.Second)
			actOnEdge(r, c, edge, d)
			held, holder := loadDevice(c, "logger-1"), loadDevice(c, "edge-1")
			k, _ := held.KeyInForce(d.KeyID, c.Now)
			own, _ := holder.OwnKey(k.JWK)
			_, at := holder.KeyInForce(own.ID, c.Now)
			_, inForce := held.KeyInForce(d.KeyID, c.Now)
			want := held.State == waymark.DeviceActive && inForce && (k.Edge == "" || at && holder.State == waymark.DeviceActive && holder.Owner == held.Owner)
			next := *d
			got := c.Record(next.Pack(400))[0]
			if recorded := got.Outcome == waymark.Recorded; recorded != want {
				r.Fatalf("%+v, by the records %t:\n%+v\n%+v", got, want, held, holder)
			}
			if want {
				*d = next
			}
		}
	})
}

func loadDevice(c *scenario.Consortium, id string) *waymark.Device {
	d, err := ledger.Load[waymark.Device](c.World.Begin(ledger.Tx{}), ledger.DeviceKey(id))
	if err != nil {
		c.T.Fatal(err)
	}
	return d
}

// actOnEdge does something to the edge or to the device. It may be refused.
func actOnEdge(r *rapid.T, c *scenario.Consortium, edge, d *scenario.Device) {
	by := c.As("producer", waymark.Admin)
	id := rapid.SampledFrom([]string{"edge-1", "logger-1"}).Draw(r, "id")
	state := waymark.DeviceStateRequest{Device: id, Reason: "because"}
	switch rapid.SampledFrom([]string{"suspend", "resume", "resume", "revoke", "rotate the edge", "follow", "replace"}).Draw(r, "act") {
	case "suspend":
		_, _ = scenario.Submit(c, by, registry.SuspendDevice, state)
	case "resume":
		_, _ = scenario.Submit(c, by, registry.ResumeDevice, state)
	case "revoke":
		_, _ = scenario.Submit(c, by, registry.RevokeKey, waymark.RevokeKeyRequest{Device: id, Key: "k1", From: c.Now, Reason: "stolen"})
	case "rotate the edge":
		next := *edge
		if _, err := scenario.Submit(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "edge-1", Rotation: next.Rotation(edge.KeyID + "x"), OverlapSeconds: 60}); err == nil {
			*edge = next
		}
	case "follow":
		next, to := *d, *d
		to.Key, to.KeyID, to.Edge = edge.Key, d.KeyID+"x", "edge-1"
		if _, err := scenario.Submit(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: next.RotationTo(to)}); err == nil {
			*d = next
		}
	default:
		next := *d
		if _, err := scenario.Submit(c, by, registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: "logger-1", Registration: next.Replacement(d.KeyID + "r"), Reason: "lost"}); err == nil {
			*d = next
		}
	}
}
