package registry_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
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
	scenario.Sweep(c, admin, registry.Device, waymark.DeviceQuery{Device: d.ID})
	scenario.Sweep(c, admin, registry.SuspendDevice, state)
	scenario.Sweep(c, admin, registry.RetireDevice, state)
	scenario.Sweep(c, admin, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
}
