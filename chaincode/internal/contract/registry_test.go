package contract_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// TestEveryTransactionOfTheRegistry: each is there under its name, and its result is
// of the form that the metadata promise.
func TestEveryTransactionOfTheRegistry(t *testing.T) {
	b := newBench(t)
	c := &scenario.Consortium{T: t, Now: b.now}
	a := c.NewAuthority(attest.Ed25519, nil)
	i := a.Intermediate(nil)
	d, joining, other := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer"), c.NewDevice("logger-3", "producer")
	hash, serial := strings.Repeat("0f", 32), "1f"
	device, later := waymark.DeviceQuery{Device: d.ID}, b.now.Add(time.Hour)
	ending := waymark.EndTransferRequest{Device: d.ID, Reason: "because"}
	for _, step := range []struct {
		member string
		role   waymark.Role
		name   waymark.Transaction
		give   any
	}{
		{"producer", waymark.Operator, waymark.DevicesRegisterMany, waymark.RegisterManyRequest{Registrations: []string{d.Registration(), other.Registration()}}},
		{"producer", waymark.Operator, waymark.DevicesActivate, waymark.DeviceStateRequest{Device: d.ID, Reason: "mounted"}},
		{"producer", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: d.ID, Reason: "calibrated", Attributes: waymark.DeviceAttributes{
			FirmwareSHA256: hash, LocationClass: "vehicle", Presence: waymark.PresenceRecorded, Calibration: &waymark.Calibration{CertificateSHA256: hash, ExpiresAt: later},
			Measures: []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityOpen}}}}},
		{"producer", waymark.Operator, waymark.DevicesRotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2"), OverlapSeconds: 60}},
		{"producer", waymark.Operator, waymark.DevicesRevokeKey, waymark.RevokeKeyRequest{Device: d.ID, Key: "k1", From: b.now, Reason: "stolen"}},
		{"producer", waymark.Admin, waymark.DevicesReplaceKey, waymark.ReplaceKeyRequest{Device: d.ID, Registration: d.Replacement("k3"), Reason: "lost"}},
		{"producer", waymark.Admin, waymark.DevicesPutAuthority, waymark.PutAuthorityRequest{Certificate: a.PEM(), Activate: true}},
		{"carrier", waymark.Relay, waymark.DevicesJoin, a.Join(joining, i.Issue(joining, nil), i.Base64())},
		{"carrier", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{joining.Pack(500)}}},
		{"carrier", waymark.Viewer, waymark.DevicesGet, waymark.DeviceQuery{Device: joining.ID}},
		{"carrier", waymark.Viewer, waymark.DevicesCertificate, waymark.CertificateQuery{Owner: "producer", Authority: a.ID(), Serial: serial}},
		{"producer", waymark.Admin, waymark.DevicesRevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: serial, Reason: "stolen"}},
		{"carrier", waymark.Viewer, waymark.DevicesCertificate, waymark.CertificateQuery{Owner: "producer", Authority: a.ID(), Serial: serial}},
		{"producer", waymark.Admin, waymark.DevicesWithdrawAuthority, waymark.WithdrawAuthorityRequest{Authority: a.ID(), Reason: "done"}},
		{"carrier", waymark.Viewer, waymark.DevicesAuthority, waymark.AuthorityQuery{Owner: "producer", Authority: a.ID()}},
		{"carrier", waymark.Relay, waymark.DevicesRecordPresence, waymark.RecordPresenceRequest{Device: d.ID, Presence: d.Present(waymark.Presence{State: waymark.PresenceOnline, At: b.now.Unix(), Session: "s1"})}},
		{"auditor", waymark.Viewer, waymark.DevicesPresence, device},
		{"producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: later}},
		{"producer", waymark.Operator, waymark.DevicesCancelTransfer, ending},
		{"producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: later}},
		{"carrier", waymark.Operator, waymark.DevicesDeclineTransfer, ending},
		{"producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: later}},
		{"carrier", waymark.Operator, waymark.DevicesAcceptTransfer, waymark.AcceptTransferRequest{Device: d.ID}},
		{"auditor", waymark.Viewer, waymark.DevicesTransfer, device},
		{"auditor", waymark.Viewer, waymark.DevicesHistory, device},
	} {
		if payload := b.must(step.member, step.role, step.name, step.give); !json.Valid(payload) {
			t.Errorf("%s answers %q", step.name, payload)
		}
	}
}
