package registry_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func offer(c *scenario.Consortium, to string) waymark.OfferTransferRequest {
	return waymark.OfferTransferRequest{Device: "logger-1", To: to, ExpiresAt: c.Now.Add(time.Hour)}
}

var (
	acceptance = waymark.AcceptTransferRequest{Device: "logger-1"}
	ending     = waymark.EndTransferRequest{Device: "logger-1", Reason: "because"}
)

func TestADeviceMovesToAnotherOwner(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	producer, carrier := c.As("producer", waymark.Operator), c.As("carrier", waymark.Operator)
	query := waymark.DeviceQuery{Device: d.ID}
	scenario.Refused(c, carrier, registry.Transfer, query, waymark.NotFound, "")
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.NotFound, "")
	c.Record(d.Pack(400))
	before := scenario.Must(c, producer, registry.Device, query)
	request := offer(c, "carrier")
	for _, by := range []ledger.Caller{c.As("producer", waymark.Viewer), c.As("producer", waymark.Relay), carrier} {
		scenario.Refused(c, by, registry.OfferTransfer, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	open := scenario.Must(c, producer, registry.OfferTransfer, request)
	if open.State != waymark.TransferOffered || open.From != "producer" || open.To != "carrier" || open.Offered.Member != "producer" {
		t.Errorf("transfer %+v", open)
	}
	expectNothing(c, producer, registry.OfferTransfer, request, open)
	scenario.Refused(c, producer, registry.OfferTransfer, offer(c, "retailer"), waymark.FailedPrecondition, "transfer-open")
	for _, by := range []ledger.Caller{producer, c.As("retailer", waymark.Admin), c.As("auditor", waymark.Operator)} {
		scenario.Refused(c, by, registry.AcceptTransfer, acceptance, waymark.Forbidden, "only-offeree-answers-transfer")
		scenario.Refused(c, by, registry.DeclineTransfer, ending, waymark.Forbidden, "only-offeree-answers-transfer")
	}
	scenario.Refused(c, c.As("carrier", waymark.Viewer), registry.AcceptTransfer, acceptance, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, carrier, registry.CancelTransfer, ending, waymark.Forbidden, waymark.DefaultDeny)

	done := scenario.Must(c, carrier, registry.AcceptTransfer, acceptance)
	after := scenario.Must(c, producer, registry.Device, query)
	if done.State != waymark.TransferAccepted || after.Owner != "carrier" || after.Changed.Member != "carrier" || after.Reason != "transferred from producer" ||
		after.Registered != before.Registered || len(after.Keys) != 1 || after.State != waymark.DeviceActive {
		t.Errorf("transfer %+v, device %+v", done, after)
	}
	expectNothing(c, carrier, registry.AcceptTransfer, acceptance, done)
	expectNothing(c, carrier, registry.Transfer, query, done)
	scenario.Refused(c, carrier, registry.DeclineTransfer, ending, waymark.FailedPrecondition, "transfer-open")
	scenario.Refused(c, producer, registry.CancelTransfer, ending, waymark.FailedPrecondition, "transfer-open")

	// The stream goes on; the old owner has no say; the next rotation names the new owner.
	if got := c.Record(d.Pack(410)); got[0].Outcome != waymark.Recorded {
		t.Errorf("results %+v", got)
	}
	state := waymark.DeviceStateRequest{Device: d.ID, Reason: "mine"}
	scenario.Refused(c, producer, registry.SuspendDevice, state, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, carrier, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: clone(d).Rotation("k2")}, waymark.Invalid, "")
	d.Owner = "carrier"
	scenario.Must(c, carrier, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
	scenario.Must(c, carrier, registry.OfferTransfer, offer(c, "producer"))
	scenario.Must(c, producer, registry.AcceptTransfer, acceptance)
}

// What the old owner said of the thing, and what it kept from others, outlives the transfer; what it wanted of the device does not.
func TestAttributesThatADeviceTakesAlong(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	producer, carrier := c.As("producer", waymark.Operator), c.As("carrier", waymark.Operator)
	request := described(c, waymark.VisibilityPrivate)
	request.Attributes.Presence = waymark.PresenceRecorded
	before := scenario.Must(c, producer, registry.SetAttributes, request)
	scenario.Must(c, c.As("carrier", waymark.Relay), registry.RecordPresence, says(d, waymark.PresenceOnline, c.Now, "s0"))
	scenario.Must(c, producer, registry.OfferTransfer, offer(c, "carrier"))
	scenario.Must(c, carrier, registry.AcceptTransfer, acceptance)
	scenario.Refused(c, carrier, registry.Presence, waymark.DeviceQuery{Device: d.ID}, waymark.NotFound, "")
	after := scenario.Must(c, carrier, registry.Device, waymark.DeviceQuery{Device: d.ID})
	want := *before.Attributes
	want.Presence, want.LocationClass = "", ""
	if !reflect.DeepEqual(after.Attributes, &want) || !reflect.DeepEqual(after.Described, before.Described) {
		t.Errorf("attributes %+v, want %+v; described %+v", after.Attributes, want, after.Described)
	}
	c.Now = c.Now.Add(time.Minute)
	scenario.Refused(c, c.As("carrier", waymark.Relay), registry.RecordPresence, says(d, waymark.PresenceOnline, c.Now, "s1"), waymark.FailedPrecondition, waymark.ReasonPresence)
	scenario.Must(c, carrier, registry.SetAttributes, request)
	scenario.Refused(c, c.As("carrier", waymark.Relay), registry.RecordPresence, says(d, waymark.PresenceGone, c.Now.Add(-time.Minute-time.Second), "s0"), waymark.Invalid, waymark.ReasonTime)
	scenario.Must(c, c.As("carrier", waymark.Relay), registry.RecordPresence, says(d, waymark.PresenceOnline, c.Now, "s1"))
}

func TestADeviceTakesNoEmptyAttributesAlong(t *testing.T) {
	for name, give := range map[string]*waymark.DeviceAttributes{
		"none": nil, "the old owner's alone": {Presence: waymark.PresenceRecorded, LocationClass: "cold"}, "empty": {},
	} {
		if got := give.Inherited(); got != nil {
			t.Errorf("%s: %+v, want none", name, got)
		}
	}
}

// clone is a device of its own with the same keys.
func clone(d *scenario.Device) *scenario.Device {
	other := *d
	return &other
}

func TestATransferEndsWithoutAMove(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	producer, carrier := c.As("producer", waymark.Admin), c.As("carrier", waymark.Admin)
	scenario.Must(c, producer, registry.OfferTransfer, offer(c, "carrier"))
	declined := scenario.Must(c, carrier, registry.DeclineTransfer, ending)
	if declined.State != waymark.TransferDeclined || declined.Reason != "because" || declined.Changed.Member != "carrier" {
		t.Errorf("transfer %+v", declined)
	}
	expectNothing(c, carrier, registry.DeclineTransfer, ending, declined)
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, "transfer-open")
	scenario.Must(c, producer, registry.OfferTransfer, offer(c, "carrier"))
	cancelled := scenario.Must(c, producer, registry.CancelTransfer, ending)
	expectNothing(c, producer, registry.CancelTransfer, ending, cancelled)
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, "transfer-open")
	scenario.Must(c, producer, registry.OfferTransfer, offer(c, "carrier"))
	c.Now = c.Now.Add(time.Hour + time.Millisecond)
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, "transfer-expired")
	scenario.Must(c, producer, registry.OfferTransfer, offer(c, "retailer")) // it makes way for the next
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.Forbidden, "only-offeree-answers-transfer")
	if d := scenario.Must(c, producer, registry.Device, waymark.DeviceQuery{Device: "logger-1"}); d.Owner != "producer" {
		t.Errorf("device %+v", d)
	}
}

func TestWhatCannotBeOffered(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	by := c.As("producer", waymark.Operator)
	scenario.Refused(c, by, registry.OfferTransfer, offer(c, "producer"), waymark.Invalid, "")
	scenario.Refused(c, by, registry.OfferTransfer, offer(c, "nobody"), waymark.NotFound, "")
	for _, at := range []time.Time{c.Now, c.Now.Add(registry.MaxTransferOffer + 1), {}} {
		scenario.Refused(c, by, registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-1", To: "carrier", ExpiresAt: at}, waymark.Invalid, "")
	}
	scenario.Refused(c, by, registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-9", To: "carrier", ExpiresAt: c.Now.Add(1)}, waymark.NotFound, "")
	scenario.Must(c, by, registry.OfferTransfer, offer(c, "carrier"))
	scenario.Must(c, by, registry.RetireDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "broken"})
	scenario.Refused(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, "device-lifecycle")
	scenario.Must(c, by, registry.CancelTransfer, ending)
	scenario.Refused(c, by, registry.OfferTransfer, offer(c, "carrier"), waymark.FailedPrecondition, "device-lifecycle")
}

func TestAWitnessDoesNotMove(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	by, carrier := c.As("producer", waymark.Operator), c.As("carrier", waymark.Operator)
	scenario.Must(c, by, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: c.Goods("producer", scenario.GTIN, "1")})
	scenario.Must(c, by, registry.OfferTransfer, offer(c, "carrier"))
	// An attachment that commits first wins over an acceptance endorsed before it.
	_, endorsed, err := scenario.Endorse(c, carrier, registry.AcceptTransfer, acceptance)
	if err != nil {
		t.Fatal(err)
	}
	scenario.Must(c, by, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: d.ID})
	if endorsed.Commit() == nil {
		t.Error("a device moved that had become a witness")
	}
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, "device-attached")
	scenario.Must(c, by, registry.CancelTransfer, ending)
	scenario.Refused(c, by, registry.OfferTransfer, offer(c, "carrier"), waymark.FailedPrecondition, "device-attached")
}

// TestAnAuthorityLosesTheDeviceThatMoved: the old owner's CA brings nothing of it
// back, but what it revokes still counts.
func TestAnAuthorityLosesTheDeviceThatMoved(t *testing.T) {
	c := scenario.New(t)
	a, d := c.Authority("producer", true), c.NewDevice("logger-1", "producer")
	relay, admin := c.As("producer", waymark.Relay), c.As("producer", waymark.Admin)
	join := a.Join(d, a.Issue(d, nil))
	scenario.Must(c, relay, registry.Join, join)
	scenario.Must(c, admin, registry.OfferTransfer, offer(c, "carrier"))
	scenario.Must(c, c.As("carrier", waymark.Admin), registry.AcceptTransfer, acceptance)
	scenario.Refused(c, relay, registry.Join, join, waymark.AlreadyExists, "")
	if got := c.Record(d.Pack(400)); got[0].Outcome != waymark.Recorded {
		t.Errorf("results %+v", got)
	}
	scenario.Must(c, admin, registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: "10", Reason: "stolen"})
	if got := c.Record(d.Pack(410)); got[0].Reasons[0] != "certificate-revoked" {
		t.Errorf("results %+v", got)
	}
}

// A new owner disputes nothing that the device did for the old one.
func TestARevocationReachesNoFurtherThanTheTransfer(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	registered := c.Now
	c.Now = c.Now.Add(time.Hour)
	scenario.Must(c, c.As("producer", waymark.Operator), registry.OfferTransfer, offer(c, "carrier"))
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, acceptance)
	moved := c.Now
	c.Now = c.Now.Add(time.Hour)
	revoke := func(from time.Time) waymark.RevokeKeyRequest {
		return waymark.RevokeKeyRequest{Device: "logger-1", Key: "k1", From: from, Reason: "stolen"}
	}
	scenario.Refused(c, c.As("carrier", waymark.Operator), registry.RevokeKey, revoke(registered), waymark.Invalid, "")
	d := scenario.Must(c, c.As("carrier", waymark.Operator), registry.RevokeKey, revoke(moved))
	if d.Disputed("k1", registered.Add(time.Minute)) || !d.Disputed("k1", moved) {
		t.Errorf("device %+v", d)
	}
}
