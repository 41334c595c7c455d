package command_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// journey has a device of the producer that witnesses a shipment in the carrier's custody.
type journey struct {
	*scenario.Consortium
	d *scenario.Device
}

func newJourney(t *testing.T) *journey {
	t.Helper()
	c := scenario.New(t)
	j := &journey{c, c.Device("logger-1", "producer")}
	producer := c.As("producer", waymark.Operator)
	scenario.Must(c, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer",
		Goods: c.Goods("producer", scenario.GTIN, "1")})
	scenario.Must(c, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: j.d.ID})
	j.hand("producer", "carrier", 1)
	return j
}

// hand moves the shipment on.
func (j *journey) hand(from, to string, number uint64) {
	j.T.Helper()
	c := j.Consortium
	c.Record(j.d.Pack(500))
	scenario.Must(c, c.As(from, waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As(to, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: number})
}

func (j *journey) request(id string) waymark.CommandRequest {
	return waymark.CommandRequest{ID: id, Device: j.d.ID, Name: "set_point", Arguments: `{"celsius":4}`, ExpiresAt: scenario.Start.Add(time.Hour)}
}

func (j *journey) must(id string) *waymark.Command {
	j.T.Helper()
	return scenario.Must(j.Consortium, j.As("producer", waymark.Operator), command.Request, j.request(id))
}

// receipt signs what the device says of a command.
func (j *journey) receipt(id string, result waymark.CommandResult, at time.Time) waymark.CloseCommandRequest {
	return j.sign(fmt.Sprintf(`{"command":%q,"result":%q,"detail":"in its words","executed_at":%d}`, id, result, at.Unix()))
}

func (j *journey) sign(payload string) waymark.CloseCommandRequest {
	h := j.d.Header()
	h.Kind, h.Sequence, h.Previous = attest.Receipt, 0, nil
	return waymark.CloseCommandRequest{Receipt: j.d.Sign(h, []byte(payload))}
}

// do submits and returns the event's name and payload.
func do[Q waymark.Validator](t *testing.T, j *journey, by ledger.Caller, rule func(ledger.Ledger, Q) (*waymark.Command, error), q Q) (string, waymark.CommandEvent) {
	t.Helper()
	emitted, err := j.World.Submit(j.Tx(by), func(l ledger.Ledger) error {
		_, err := rule(l, q)
		return err
	})
	var e waymark.CommandEvent
	if err == nil && emitted.Name != "" {
		err = json.Unmarshal(emitted.Payload, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return emitted.Name, e
}

func (j *journey) get(id string) *waymark.Command {
	j.T.Helper()
	return scenario.Must(j.Consortium, j.As("producer", waymark.Viewer), command.Get, waymark.CommandQuery{Device: j.d.ID, ID: id})
}

func (j *journey) open() []waymark.Command {
	j.T.Helper()
	return scenario.Must(j.Consortium, j.As("carrier", waymark.Relay), command.Open, waymark.DeviceQuery{Device: j.d.ID}).Commands
}

func TestACommandIsRequestedDeliveredAndClosed(t *testing.T) {
	j := newJourney(t)
	relay := j.As("retailer", waymark.Relay)
	name, e := do(t, j, j.As("producer", waymark.Operator), command.Request, j.request("c1"))
	want := waymark.CommandEvent{Device: "logger-1", ID: "c1", Name: "set_point", Arguments: `{"celsius":4}`, ExpiresAt: scenario.Start.Add(time.Hour)}
	if name != waymark.EventCommandRequested || e != want {
		t.Errorf("%s %+v", name, e)
	}
	if open := j.open(); len(open) != 1 || open[0].ID != "c1" || open[0].State != waymark.CommandRequested || open[0].Requested.Member != "producer" {
		t.Errorf("open %+v", open)
	}
	j.Now = j.Now.Add(time.Minute)
	done := j.receipt("c1", waymark.CommandDone, j.Now)
	name, e = do(t, j, relay, command.Close, done)
	want.Result = waymark.CommandDone
	if name != waymark.EventCommandClosed || e != want {
		t.Errorf("%s %+v", name, e)
	}
	c := j.get("c1")
	if c.State != waymark.CommandClosed || c.Execution == nil || c.Execution.Result != waymark.CommandDone || c.Execution.Detail != "in its words" ||
		!c.Execution.ExecutedAt.Equal(j.Now) || c.Execution.Late || c.Execution.Key != "k1" || len(c.Execution.Digest) != 32 || c.Changed.Member != "retailer" {
		t.Errorf("closed %+v %+v", c, c.Execution)
	}
	if open := j.open(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestTheSameRequestAgainChangesNothing(t *testing.T) {
	j := newJourney(t)
	producer, relay := j.As("producer", waymark.Operator), j.As("producer", waymark.Relay)
	first := j.must("c1")
	unchanged := func(what string, run func()) {
		t.Helper()
		records := len(j.World.Keys())
		value, list := string(j.World.Value("command/logger-1/c1")), string(j.World.Value("commands/logger-1"))
		run()
		if len(j.World.Keys()) != records || string(j.World.Value("command/logger-1/c1")) != value || string(j.World.Value("commands/logger-1")) != list {
			t.Errorf("%s changed the ledger", what)
		}
	}
	j.Now = j.Now.Add(time.Minute)
	unchanged("a repeated request", func() {
		if again := j.must("c1"); again.Requested.TxID != first.Requested.TxID {
			t.Errorf("again %+v", again)
		}
	})
	for name, change := range map[string]func(*waymark.CommandRequest){
		"another name":   func(r *waymark.CommandRequest) { r.Name = "lock" },
		"other text":     func(r *waymark.CommandRequest) { r.Arguments = `{"celsius": 4}` },
		"another expiry": func(r *waymark.CommandRequest) { r.ExpiresAt = r.ExpiresAt.Add(time.Second) },
	} {
		t.Run(name, func(*testing.T) {
			r := j.request("c1")
			change(&r)
			scenario.Refused(j.Consortium, producer, command.Request, r, waymark.AlreadyExists, "")
		})
	}
	scenario.Refused(j.Consortium, j.As("carrier", waymark.Operator), command.Request, j.request("c1"), waymark.AlreadyExists, "")
	done := j.receipt("c1", waymark.CommandDone, j.Now)
	closed := scenario.Must(j.Consortium, relay, command.Close, done)
	unchanged("a repeated receipt", func() {
		if again := scenario.Must(j.Consortium, relay, command.Close, done); again.Changed.TxID != closed.Changed.TxID {
			t.Errorf("again %+v", again)
		}
	})
	unchanged("a repeated request of a closed command", func() {
		if again := j.must("c1"); again.State != waymark.CommandClosed {
			t.Errorf("again %+v", again)
		}
	})
	scenario.Refused(j.Consortium, relay, command.Close, j.receipt("c1", waymark.CommandFailed, j.Now), waymark.AlreadyExists, waymark.ReasonFork)
	j.must("c2")
	cancel := waymark.CancelCommandRequest{Device: j.d.ID, ID: "c2", Reason: "no need"}
	cancelled := scenario.Must(j.Consortium, producer, command.Cancel, cancel)
	if again := scenario.Must(j.Consortium, producer, command.Cancel, cancel); again.Changed.TxID != cancelled.Changed.TxID || again.Reason != "no need" {
		t.Errorf("again %+v", again)
	}
}

func TestWhoMayCommandADevice(t *testing.T) {
	j := newJourney(t)
	for member, may := range map[string]bool{"producer": true, "carrier": true, "retailer": false, "auditor": false} {
		for _, role := range append(waymark.Roles(), "") {
			by, r := j.As(member, role), j.request("c-"+member+"-"+string(role))
			if !may || role != waymark.Admin && role != waymark.Operator {
				reason := waymark.DefaultDeny
				if role == waymark.Relay || role == "" {
					reason = "only-people-read-or-command"
				}
				scenario.Refused(j.Consortium, by, command.Request, r, waymark.Forbidden, reason)
				continue
			}
			scenario.Must(j.Consortium, by, command.Request, r)
		}
	}
	j.hand("carrier", "retailer", 2) // the journey is over: the device witnesses nothing
	for _, member := range []string{"carrier", "retailer"} {
		scenario.Refused(j.Consortium, j.As(member, waymark.Operator), command.Request, j.request("late"), waymark.Forbidden, waymark.DefaultDeny)
	}
	j.must("late")
	scenario.Refused(j.Consortium, j.As("producer", waymark.Operator), command.Request, waymark.CommandRequest{ID: "c", Device: "logger-9", Name: "lock",
		Arguments: `{}`, ExpiresAt: j.Now.Add(time.Hour)}, waymark.NotFound, "")
}

func TestWhoMayReadAndCancel(t *testing.T) {
	j := newJourney(t)
	carrier := j.As("carrier", waymark.Operator)
	scenario.Must(j.Consortium, carrier, command.Request, j.request("c1"))
	query, device := waymark.CommandQuery{Device: j.d.ID, ID: "c1"}, waymark.DeviceQuery{Device: j.d.ID}
	cancel := waymark.CancelCommandRequest{Device: j.d.ID, ID: "c1", Reason: "no need"}
	read := func(member string, get, open bool) {
		t.Helper()
		by := j.As(member, waymark.Viewer)
		for _, c := range []struct {
			may bool
			run func() error
		}{
			{get, func() error { _, err := scenario.Submit(j.Consortium, by, command.Get, query); return err }},
			{open, func() error { _, err := scenario.Submit(j.Consortium, by, command.Open, device); return err }},
		} {
			if err := c.run(); c.may != (err == nil) || err != nil && waymark.CodeOf(err) != waymark.Forbidden {
				t.Errorf("%s: %v", member, err)
			}
		}
	}
	read("producer", true, true)
	read("carrier", true, true)
	read("retailer", false, false)
	scenario.Must(j.Consortium, j.As("auditor", waymark.Relay), command.Get, query)
	scenario.Must(j.Consortium, j.As("auditor", waymark.Relay), command.Open, device)
	scenario.Refused(j.Consortium, j.As("auditor", ""), command.Open, device, waymark.Forbidden, waymark.DefaultDeny)
	missing := waymark.CommandQuery{Device: j.d.ID, ID: "c9"}
	scenario.Refused(j.Consortium, j.As("producer", waymark.Viewer), command.Get, missing, waymark.NotFound, "")
	scenario.Refused(j.Consortium, j.As("retailer", waymark.Viewer), command.Get, missing, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(j.Consortium, j.As("producer", waymark.Viewer), command.Get, waymark.CommandQuery{Device: "logger-9", ID: "c1"}, waymark.NotFound, "")
	scenario.Refused(j.Consortium, j.As("producer", waymark.Viewer), command.Open, waymark.DeviceQuery{Device: "logger-9"}, waymark.NotFound, "")

	j.hand("carrier", "retailer", 2)
	read("carrier", true, false) // what it requested
	scenario.Refused(j.Consortium, j.As("retailer", waymark.Admin), command.Cancel, cancel, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(j.Consortium, j.As("producer", waymark.Viewer), command.Cancel, cancel, waymark.Forbidden, waymark.DefaultDeny)
	if _, _, err := scenario.Endorse(j.Consortium, j.As("producer", waymark.Operator), command.Cancel, cancel); err != nil {
		t.Errorf("the owner of the device: %v", err)
	}
	scenario.Refused(j.Consortium, j.As("carrier", waymark.Viewer), command.Cancel, cancel, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(j.Consortium, carrier, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c9", Reason: "x"}, waymark.Forbidden, waymark.DefaultDeny)
	name, e := do(t, j, carrier, command.Cancel, cancel)
	if name != waymark.EventCommandCancelled || e.ID != "c1" || e.Result != "" || len(j.open()) != 0 {
		t.Errorf("%s %+v", name, e)
	}
}

func TestOnlyAnActiveDeviceIsCommandedAndOnlyForAWhile(t *testing.T) {
	j := newJourney(t)
	producer := j.As("producer", waymark.Operator)
	for off, ok := range map[time.Duration]bool{-time.Second: false, 0: false, time.Millisecond: true,
		waymark.MaxCommandLifetime: true, waymark.MaxCommandLifetime + time.Millisecond: false} {
		r := j.request(fmt.Sprintf("c%d", off))
		r.ID, r.ExpiresAt = fmt.Sprintf("c%d", off.Milliseconds()+1000), j.Now.Add(off)
		if ok {
			scenario.Must(j.Consortium, producer, command.Request, r)
			continue
		}
		scenario.Refused(j.Consortium, producer, command.Request, r, waymark.Invalid, "")
	}
	scenario.Must(j.Consortium, producer, registry.SuspendDevice, waymark.DeviceStateRequest{Device: j.d.ID, Reason: "lost"})
	scenario.Refused(j.Consortium, producer, command.Request, j.request("c-suspended"), waymark.FailedPrecondition, waymark.ReasonDeviceActive)
}

func TestOpenCommandsAreBounded(t *testing.T) {
	j := newJourney(t)
	producer := j.As("producer", waymark.Operator)
	for i := range waymark.MaxOpenCommands {
		j.must(fmt.Sprint("c", i))
	}
	scenario.Refused(j.Consortium, producer, command.Request, j.request("more"), waymark.FailedPrecondition, waymark.ReasonLimit)
	scenario.Must(j.Consortium, producer, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c3", Reason: "no need"})
	j.must("more")
	scenario.Refused(j.Consortium, producer, command.Request, j.request("most"), waymark.FailedPrecondition, waymark.ReasonLimit)
	scenario.Must(j.Consortium, j.As("producer", waymark.Relay), command.Close, j.receipt("c0", waymark.CommandRefused, j.Now))
	j.must("most")
	if open := j.open(); len(open) != waymark.MaxOpenCommands || open[0].ID != "c1" || open[15].ID != "most" {
		t.Errorf("%d open: %+v", len(open), open)
	}
	j.Now = j.Now.Add(2 * time.Hour) // all have expired
	r := j.request("fresh")
	r.ExpiresAt = j.Now.Add(time.Hour)
	scenario.Must(j.Consortium, producer, command.Request, r)
	if open := j.open(); len(open) != 1 || open[0].ID != "fresh" {
		t.Errorf("open %+v", open)
	}
}

// TestTwoRequestsForTheLastPlace: the list of a device keeps both from taking it.
func TestTwoRequestsForTheLastPlace(t *testing.T) {
	j := newJourney(t)
	for i := range waymark.MaxOpenCommands - 1 {
		j.must(fmt.Sprint("c", i))
	}
	_, one, err := scenario.Endorse(j.Consortium, j.As("producer", waymark.Operator), command.Request, j.request("a"))
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := scenario.Endorse(j.Consortium, j.As("carrier", waymark.Operator), command.Request, j.request("b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(); err == nil {
		t.Error("both took the last place")
	}
}

// TestCustodyMovesWhileACommandIsRequested: who lost custody meanwhile commands no more.
func TestCustodyMovesWhileACommandIsRequested(t *testing.T) {
	j := newJourney(t)
	_, late, err := scenario.Endorse(j.Consortium, j.As("carrier", waymark.Operator), command.Request, j.request("c1"))
	if err != nil {
		t.Fatal(err)
	}
	j.hand("carrier", "retailer", 2)
	if err := late.Commit(); err == nil {
		t.Error("the former custodian's command is valid")
	}
}

func TestExpiryAndLateReceipts(t *testing.T) {
	j := newJourney(t)
	producer, relay := j.As("producer", waymark.Operator), j.As("producer", waymark.Relay)
	j.must("c1")
	j.must("c2")
	j.must("c3")
	executed := j.Now.Add(time.Minute)
	scenario.Must(j.Consortium, producer, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c2", Reason: "no need"})
	j.Now = scenario.Start.Add(time.Hour) // to the very end
	if c := scenario.Must(j.Consortium, relay, command.Close, j.receipt("c3", waymark.CommandDone, executed)); c.Execution.Late {
		t.Errorf("in time: %+v", c.Execution)
	}
	j.Now = j.Now.Add(time.Millisecond)
	if c := j.get("c1"); c.State != waymark.CommandExpired || len(j.open()) != 0 {
		t.Errorf("after its time: %+v", c)
	}
	scenario.Refused(j.Consortium, producer, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c1", Reason: "x"}, waymark.FailedPrecondition, waymark.ReasonCommandOpen)
	scenario.Refused(j.Consortium, producer, command.Cancel, waymark.CancelCommandRequest{Device: j.d.ID, ID: "c3", Reason: "x"}, waymark.FailedPrecondition, waymark.ReasonCommandOpen)
	for _, id := range []string{"c1", "c2"} {
		name, e := do(t, j, relay, command.Close, j.receipt(id, waymark.CommandDone, executed))
		if name != waymark.EventCommandClosed || !e.Late {
			t.Errorf("%s: %s %+v", id, name, e)
		}
		if c := j.get(id); c.State != waymark.CommandClosed || !c.Execution.Late {
			t.Errorf("%s: %+v", id, c)
		}
	}
	if c := j.get("c2"); c.Reason != "no need" {
		t.Errorf("why it was cancelled is gone: %+v", c)
	}
}

// What the old owner wanted of a device is not delivered once it has moved, and leaves
// the new one its room.
func TestCommandsDoNotOutliveATransfer(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	command16 := func(id string) waymark.CommandRequest {
		return waymark.CommandRequest{ID: id, Device: d.ID, Name: "unlock", Arguments: "{}", ExpiresAt: c.Now.Add(time.Hour)}
	}
	producer, carrier := c.As("producer", waymark.Operator), c.As("carrier", waymark.Operator)
	for i := range waymark.MaxOpenCommands {
		scenario.Must(c, producer, command.Request, command16(fmt.Sprint("c", i)))
	}
	scenario.Must(c, producer, registry.OfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, carrier, registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: d.ID})
	if open := scenario.Must(c, c.As("retailer", waymark.Relay), command.Open, waymark.DeviceQuery{Device: d.ID}); len(open.Commands) != 0 {
		t.Errorf("%d commands of the old owner are delivered", len(open.Commands))
	}
	scenario.Must(c, carrier, command.Request, command16("new"))
	// The device may have acted on one of before all the same.
	j := &journey{c, d}
	for id, late := range map[string]bool{"c3": true, "new": false} {
		closed := scenario.Must(c, c.As("carrier", waymark.Relay), command.Close, j.receipt(id, waymark.CommandDone, c.Now))
		if closed.State != waymark.CommandClosed || closed.Execution.Late != late {
			t.Errorf("%s: %+v", id, closed.Execution)
		}
	}
}

// A member whose clock is ahead ends nobody's command by requesting one of its own.
func TestAnothersClockEndsNoCommand(t *testing.T) {
	j := newJourney(t)
	c, now := j.Consortium, j.Now
	request := func(id string, lasts time.Duration) waymark.CommandRequest {
		return waymark.CommandRequest{ID: id, Device: j.d.ID, Name: "unlock", Arguments: "{}", ExpiresAt: now.Add(lasts)}
	}
	scenario.Must(c, c.As("producer", waymark.Operator), command.Request, request("c1", 4*time.Minute))
	c.Now = now.Add(4*time.Minute + 50*time.Second)
	scenario.Must(c, c.As("carrier", waymark.Operator), command.Request, request("c2", time.Hour))
	c.Now = now.Add(10 * time.Second)
	if open := j.open(); len(open) != 2 {
		t.Errorf("%d commands are open, want both", len(open))
	}
	closed := scenario.Must(c, c.As("carrier", waymark.Relay), command.Close, j.receipt("c1", waymark.CommandDone, c.Now))
	if closed.Execution.Late {
		t.Error("a receipt is late before its command has expired")
	}
}
