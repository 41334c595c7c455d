package registry_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestABrokenLedgerDecidesNothing(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	admin := c.As("producer", waymark.Admin)
	state := waymark.DeviceStateRequest{Device: d.ID, Reason: "because"}
	scenario.Sweep(c, admin, registry.RegisterMember, waymark.RegisterMemberRequest{ID: "producer", Name: "new"})
	scenario.Sweep(c, admin, registry.Member, waymark.MemberQuery{Member: "producer"})
	scenario.Sweep(c, admin, registry.RegisterDevice, registration(c.NewDevice("logger-2", "producer")))
	scenario.Sweep(c, admin, registry.RegisterDevice, registration(d))
	scenario.Sweep(c, admin, registry.RegisterDevice, registration(c.NewHeld("logger-3", d)))
	scenario.Sweep(c, admin, registry.Device, waymark.DeviceQuery{Device: d.ID})
	scenario.Sweep(c, admin, registry.SuspendDevice, state)
	scenario.Sweep(c, admin, registry.RetireDevice, state)
	scenario.Sweep(c, admin, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
}

func TestABrokenLedgerDecidesNothingOfTheRest(t *testing.T) {
	c := scenario.New(t)
	d, offered := c.Device("logger-2", "producer"), c.Device("logger-1", "producer")
	admin, relay, carrier := c.As("producer", waymark.Admin), c.As("carrier", waymark.Relay), c.As("carrier", waymark.Admin)
	a := c.Authority("producer", true)
	i := a.Intermediate(nil)
	joining, twin := c.NewDevice("logger-3", "producer"), *offered
	scenario.Sweep(c, admin, registry.OfferTransfer, offer(c, "carrier"))
	scenario.Must(c, admin, registry.OfferTransfer, offer(c, "carrier"))
	scenario.Sweep(c, carrier, registry.AcceptTransfer, acceptance)
	scenario.Sweep(c, carrier, registry.DeclineTransfer, ending)
	scenario.Sweep(c, admin, registry.CancelTransfer, ending)
	scenario.Sweep(c, relay, registry.Transfer, waymark.DeviceQuery{Device: offered.ID})
	scenario.Sweep(c, relay, registry.History, waymark.DeviceQuery{Device: offered.ID})
	scenario.Sweep(c, admin, registry.RegisterMany, waymark.RegisterManyRequest{Registrations: []string{
		c.NewDevice("logger-4", "producer").Registration(), d.Registration(), c.NewDevice("logger-5", "producer").Registration()}})
	scenario.Sweep(c, admin, registry.SetAttributes, described(c, waymark.VisibilityOpen))
	scenario.Sweep(c, admin, registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: a.PEM()})
	scenario.Sweep(c, admin, registry.WithdrawAuthority, waymark.WithdrawAuthorityRequest{Authority: a.ID(), Reason: "because"})
	scenario.Sweep(c, admin, registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: "1f", Reason: "because"})
	scenario.Sweep(c, relay, registry.Authority, waymark.AuthorityQuery{Owner: "producer", Authority: a.ID()})
	scenario.Sweep(c, relay, registry.Certificate, waymark.CertificateQuery{Owner: "producer", Authority: a.ID(), Serial: "1f"})
	scenario.Sweep(c, relay, registry.Join, a.Join(joining, i.Issue(joining, nil), i.Base64()))
	scenario.Sweep(c, admin, registry.RevokeKey, waymark.RevokeKeyRequest{Device: d.ID, Key: "k1", From: c.Now, Reason: "because"})
	scenario.Sweep(c, admin, registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: twin.ID, Registration: twin.Replacement("k2"), Reason: "because"})
	fresh := waymark.RegisterDeviceRequest{Registration: c.NewDevice("logger-6", "producer").Registration()}
	scenario.Must(c, admin, registry.RegisterDevice, fresh)
	scenario.Sweep(c, admin, registry.ActivateDevice, waymark.DeviceStateRequest{Device: "logger-6", Reason: "because"})
}
