package command_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A policy of the owner tells a device that signs itself from one that an edge signs for, and so does the
// command that one of them has answered.
func TestWhoSignsForACommandedDevice(t *testing.T) {
	c := scenario.New(t)
	edge, own := c.Device("edge-1", "producer"), c.Device("logger-1", "producer")
	held := c.Held("logger-2", edge)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.PutTemplate, waymark.PutTemplateRequest{ID: "own", Template: "partner-commands-own-signers",
		Parameters: map[string]string{"partner": "auditor"}})
	producer, auditor, relay := c.As("producer", waymark.Operator), c.As("auditor", waymark.Operator), c.As("carrier", waymark.Relay)
	request := func(d *scenario.Device) waymark.CommandRequest {
		return waymark.CommandRequest{ID: "c1", Device: d.ID, Name: "wake", Arguments: "{}", ExpiresAt: c.Now.Add(time.Hour)}
	}
	scenario.Must(c, auditor, command.Request, request(own))
	scenario.Refused(c, auditor, command.Request, request(held), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(c, producer, command.Request, request(held))
	state := waymark.DeviceStateRequest{Device: "edge-1", Reason: "because"}
	scenario.Must(c, producer, registry.SuspendDevice, state)
	scenario.Refused(c, relay, command.Close, (&journey{c, held}).receipt("c1", waymark.CommandDone, c.Now), waymark.Forbidden, waymark.ReasonEdge)
	scenario.Must(c, producer, registry.ResumeDevice, state)
	for d, want := range map[*scenario.Device]string{own: "", held: "edge-1"} {
		closed := scenario.Must(c, relay, command.Close, (&journey{c, d}).receipt("c1", waymark.CommandDone, c.Now))
		if closed.Execution.Edge != want {
			t.Errorf("%s: executed %+v", d.ID, closed.Execution)
		}
	}
}

// While a key that an edge holds is in force, an edge can sign for the device, whatever its newest key; and not once that
// has ended, whatever its newest key.
func TestWhoSignsWhileKeysOverlap(t *testing.T) {
	c := scenario.New(t)
	for _, owner := range []string{"producer", "carrier"} {
		scenario.Must(c, c.As(owner, waymark.Admin), policy.PutTemplate, waymark.PutTemplateRequest{ID: "own", Template: "partner-commands-own-signers",
			Parameters: map[string]string{"partner": "auditor"}})
	}
	edge, own := c.Device("edge-1", "producer"), c.Device("logger-1", "producer")
	held := c.Held("logger-2", edge)
	producer, auditor := c.As("producer", waymark.Operator), c.As("auditor", waymark.Operator)
	request := func(d *scenario.Device) waymark.CommandRequest {
		return waymark.CommandRequest{ID: "c1", Device: d.ID, Name: "wake", Arguments: "{}", ExpiresAt: c.Now.Add(time.Hour)}
	}
	scenario.Must(c, producer, registry.RotateKey, waymark.RotateKeyRequest{Device: held.ID, Rotation: held.Rotation("k2"), OverlapSeconds: 60})
	scenario.Refused(c, auditor, command.Request, request(held), waymark.Forbidden, waymark.DefaultDeny)
	c.Now = c.Now.Add(time.Minute)
	scenario.Must(c, auditor, command.Request, request(held))

	next := *own
	next.Key, next.KeyID, next.Edge = edge.Key, "k2", edge.ID
	scenario.Must(c, producer, registry.RotateKey, waymark.RotateKeyRequest{Device: own.ID, Rotation: own.RotationTo(next), OverlapSeconds: 60})
	scenario.Refused(c, auditor, command.Request, request(own), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(c, producer, registry.OfferTransfer, waymark.OfferTransferRequest{Device: own.ID, To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: own.ID})
	scenario.Must(c, auditor, command.Request, request(own))
}
