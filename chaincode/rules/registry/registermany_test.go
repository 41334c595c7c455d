package registry_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// fleet are n signed registrations.
func fleet(c *scenario.Consortium, owner string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, c.NewDevice(fmt.Sprintf("logger-%d", i), owner).Registration())
	}
	return all
}

func TestRegisterMany(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	request := waymark.RegisterManyRequest{Registrations: fleet(c, "producer", 3), Activate: true}
	scenario.Must(c, by, registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: request.Registrations[1]})
	var got *waymark.RegisterManyResult
	event, err := c.World.Submit(c.Tx(by), func(l ledger.Ledger) (err error) {
		got, err = registry.RegisterMany(l, request)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &waymark.RegisterManyResult{Devices: []waymark.DeviceStanding{
		{ID: "logger-0", State: waymark.DeviceActive, New: true}, {ID: "logger-1", State: waymark.DeviceRegistered}, {ID: "logger-2", State: waymark.DeviceActive, New: true},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("result %+v", got)
	}
	var payload waymark.DevicesEvent
	if err := json.Unmarshal(event.Payload, &payload); err != nil || event.Name != waymark.EventDevicesRegistered ||
		!reflect.DeepEqual(payload, waymark.DevicesEvent{Owner: "producer", State: waymark.DeviceActive, Devices: []string{"logger-0", "logger-2"}}) {
		t.Errorf("event %s %+v, %v", event.Name, payload, err)
	}
	for i := range want.Devices {
		want.Devices[i].New = false
	}
	expectNothing(c, by, registry.RegisterMany, request, want)
}

func TestRegisterManyDescribesWhatIsNew(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	attributes := described(c, waymark.VisibilityAnchored).Attributes
	request := waymark.RegisterManyRequest{Registrations: fleet(c, "producer", 2), Activate: true, Attributes: &attributes}
	scenario.Must(c, by, registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: request.Registrations[0]})
	scenario.Must(c, by, registry.RegisterMany, request)
	for id, want := range map[string]bool{"logger-0": false, "logger-1": true} {
		d := scenario.Must(c, by, registry.Device, waymark.DeviceQuery{Device: id})
		if d.Attributes.Anchored("humidity") != want || (d.Described != nil) != want {
			t.Errorf("device %+v", d)
		}
	}
	d := scenario.Must(c, by, registry.Device, waymark.DeviceQuery{Device: "logger-1"})
	same := waymark.SetAttributesRequest{Device: "logger-1", Attributes: attributes, Reason: "as it is"}
	expectNothing(c, by, registry.SetAttributes, same, d)
	attributes.Measures = append(attributes.Measures, attributes.Measures[0])
	scenario.Refused(c, by, registry.RegisterMany, request, waymark.Invalid, "")
}

func TestRegisterManyIsAllOrNone(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	c.Device("taken", "producer")
	rows := []string{
		c.NewDevice("logger-1", "producer").Registration(), "nonsense", c.NewDevice("logger-2", "carrier").Registration(),
		c.NewDevice("taken", "producer").Registration(), c.NewDevice("logger-1", "producer").Registration(),
		forge(t, c.NewDevice("logger-3", "producer"), func(_ *attest.Header, s *waymark.Registration) { s.JWK = c.NewDevice("x", "y").Statement().JWK }),
	}
	before := string(c.World.Snapshot())
	_, _, err := scenario.Endorse(c, by, registry.RegisterMany, waymark.RegisterManyRequest{Registrations: rows})
	e := waymark.AsError(err)
	if e == nil || e.Code != waymark.Invalid || e.Field != "/registrations/1" || len(e.Rows) != 5 || string(c.World.Snapshot()) != before {
		t.Fatalf("error %+v", e)
	}
	want := []struct {
		index  int
		code   waymark.Code
		reason string
	}{{1, waymark.Invalid, ""}, {2, waymark.Forbidden, waymark.DefaultDeny}, {3, waymark.AlreadyExists, ""}, {4, waymark.Invalid, ""}, {5, waymark.Unauthenticated, "signature"}}
	for i, w := range want {
		r := e.Rows[i]
		if r.Index != w.index || r.Code != w.code || r.Message == "" || r.Field != fmt.Sprintf("/registrations/%d", w.index) || w.reason != "" && r.Reasons[0] != w.reason {
			t.Errorf("row %+v, want %+v", r, w)
		}
	}
	all := waymark.RegisterManyRequest{Registrations: fleet(c, "carrier", 30)}
	_, _, err = scenario.Endorse(c, by, registry.RegisterMany, all)
	if e := waymark.AsError(err); e == nil || e.Code != waymark.Forbidden || len(e.Rows) != waymark.MaxErrorRows || len(e.MarshalWire()) > 8<<10 {
		t.Errorf("error %+v", e)
	}
	scenario.Refused(c, c.As("stranger", waymark.Operator), registry.RegisterMany, waymark.RegisterManyRequest{Registrations: fleet(c, "stranger", 2)}, waymark.NotFound, "")
	scenario.Refused(c, by, registry.RegisterMany, waymark.RegisterManyRequest{}, waymark.Invalid, "")
}

// BenchmarkRegisterMany500 is the largest request.
func BenchmarkRegisterMany500(b *testing.B) {
	c := scenario.New(b)
	request, by := waymark.RegisterManyRequest{Registrations: fleet(c, "producer", waymark.MaxRegistrations)}, c.As("producer", waymark.Operator)
	for b.Loop() {
		if _, err := registry.RegisterMany(c.World.Begin(c.Tx(by)), request); err != nil {
			b.Fatal(err)
		}
	}
}
