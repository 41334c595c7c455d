package command_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func TestOnlyTheDeviceClosesItsCommand(t *testing.T) {
	j := newJourney(t)
	other := j.Device("logger-2", "producer")
	forger := j.NewDevice("logger-1", "producer")
	j.must("c1")
	relay := j.As("producer", waymark.Relay)
	payload := fmt.Sprintf(`{"command":"c1","result":"done","executed_at":%d}`, j.Now.Unix())
	header := func(change func(*attest.Header)) attest.Header {
		h := attest.Header{Device: "logger-1", Consortium: scenario.Channel, KeyID: "k1", Kind: attest.Receipt}
		change(&h)
		return h
	}
	same := func(*attest.Header) {}
	for name, c := range map[string]struct {
		give   string
		code   waymark.Code
		reason string
	}{
		"a forged signature":      {forger.Sign(header(same), []byte(payload)), waymark.Unauthenticated, waymark.ReasonSignature},
		"an unknown key":          {j.d.Sign(header(func(h *attest.Header) { h.KeyID = "k9" }), []byte(payload)), waymark.Unauthenticated, waymark.ReasonKey},
		"another device":          {other.Sign(header(func(h *attest.Header) { h.Device = "logger-2" }), []byte(payload)), waymark.NotFound, ""},
		"an unknown device":       {other.Sign(header(func(h *attest.Header) { h.Device = "logger-9" }), []byte(payload)), waymark.NotFound, ""},
		"another consortium":      {j.d.Sign(header(func(h *attest.Header) { h.Consortium = "other" }), []byte(payload)), waymark.Invalid, ""},
		"another kind":            {j.d.Sign(header(func(h *attest.Header) { h.Kind = attest.Connect }), []byte(payload)), waymark.Invalid, ""},
		"a pack":                  {j.d.Pack(500), waymark.Invalid, ""},
		"no message":              {"nonsense", waymark.Invalid, ""},
		"no receipt":              {j.d.Sign(header(same), []byte(`{}`)), waymark.Invalid, ""},
		"a member too many":       {j.d.Sign(header(same), []byte(payload[:len(payload)-1]+`,"x":1}`)), waymark.Invalid, ""},
		"a command of nobody":     {j.receipt("c9", waymark.CommandDone, j.Now).Receipt, waymark.NotFound, ""},
		"from before the request": {j.receipt("c1", waymark.CommandDone, j.Now.Add(-2*attest.MaxClockSkew-time.Second)).Receipt, waymark.Invalid, waymark.ReasonTime},
		"from the future":         {j.receipt("c1", waymark.CommandDone, j.Now.Add(attest.MaxClockSkew+time.Second)).Receipt, waymark.Invalid, waymark.ReasonTime},
	} {
		t.Run(name, func(*testing.T) {
			scenario.Refused(j.Consortium, relay, command.Close, waymark.CloseCommandRequest{Receipt: c.give}, c.code, c.reason)
		})
	}
	for _, role := range []waymark.Role{waymark.Admin, waymark.Viewer, ""} {
		scenario.Refused(j.Consortium, j.As("producer", role), command.Close, j.receipt("c1", waymark.CommandDone, j.Now), waymark.Forbidden, waymark.DefaultDeny)
	}
	if c := j.get("c1"); c.State != waymark.CommandRequested {
		t.Errorf("closed %+v", c)
	}
	scenario.Must(j.Consortium, relay, command.Close, j.receipt("c1", waymark.CommandDone, j.Now.Add(attest.MaxClockSkew)))
}

func TestAReplacedKeyOrASuspendedDeviceClosesNothing(t *testing.T) {
	j := newJourney(t)
	producer, relay := j.As("producer", waymark.Operator), j.As("producer", waymark.Relay)
	j.must("c1")
	j.must("c2")
	closing, late := j.receipt("c1", waymark.CommandDone, j.Now), j.receipt("c2", waymark.CommandDone, j.Now)
	first := scenario.Must(j.Consortium, relay, command.Close, closing)
	scenario.Must(j.Consortium, producer, registry.RotateKey, waymark.RotateKeyRequest{Device: j.d.ID, Rotation: j.d.Rotation("k2")})
	if again := scenario.Must(j.Consortium, relay, command.Close, closing); again.Changed.TxID != first.Changed.TxID {
		t.Errorf("again %+v", again)
	}
	scenario.Refused(j.Consortium, relay, command.Close, late, waymark.Unauthenticated, waymark.ReasonKey)
	scenario.Must(j.Consortium, producer, registry.SuspendDevice, waymark.DeviceStateRequest{Device: j.d.ID, Reason: "lost"})
	scenario.Refused(j.Consortium, relay, command.Close, j.receipt("c2", waymark.CommandDone, j.Now), waymark.Forbidden, "only-active-device-reports")
	scenario.Must(j.Consortium, producer, registry.ResumeDevice, waymark.DeviceStateRequest{Device: j.d.ID, Reason: "found"})
	c := scenario.Must(j.Consortium, relay, command.Close, j.receipt("c2", waymark.CommandFailed, j.Now))
	if c.Execution.Key != "k2" || c.Execution.Result != waymark.CommandFailed {
		t.Errorf("closed %+v", c.Execution)
	}
}

func TestABrokenLedgerDecidesNothing(t *testing.T) {
	j := newJourney(t)
	producer, relay := j.As("producer", waymark.Operator), j.As("producer", waymark.Relay)
	j.must("c1")
	scenario.Sweep(j.Consortium, producer, command.Request, j.request("c2"))
	scenario.Sweep(j.Consortium, producer, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c1", Reason: "x"})
	scenario.Sweep(j.Consortium, relay, command.Close, j.receipt("c1", waymark.CommandDone, j.Now))
	scenario.Sweep(j.Consortium, producer, command.Get, waymark.CommandQuery{Device: j.d.ID, ID: "c1"})
	scenario.Sweep(j.Consortium, producer, command.Open, waymark.DeviceQuery{Device: j.d.ID})
}
