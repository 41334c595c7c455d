package custody_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestCreateTwiceChangesNothing(t *testing.T) {
	c := newConsortium(t)
	operator := c.As("producer", waymark.Operator)
	first := scenario.Must(c, operator, custody.Create, createRequest("s1"))
	before := c.World.Value("shipment/s1")
	c.Now = c.Now.Add(time.Minute)
	again, tx, err := scenario.Endorse(c, operator, custody.Create, createRequest("s1"))
	if err != nil || len(tx.Writes()) != 0 || !reflect.DeepEqual(first, again) {
		t.Errorf("again: %+v, %v, writes %v", again, err, tx.Writes())
	}
	if string(before) != string(c.World.Value("shipment/s1")) {
		t.Error("the record changed")
	}
	none := createRequest("s2")
	none.Conditions = nil
	scenario.Must(c, operator, custody.Create, none)
	scenario.Must(c, operator, custody.Create, none)
}

func TestCreateRefuses(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		change func(*waymark.CreateShipmentRequest)
		code   waymark.Code
		reason string
	}{
		"a viewer":                 {"producer", waymark.Viewer, nil, waymark.Forbidden, waymark.DefaultDeny},
		"a relay":                  {"producer", waymark.Relay, nil, waymark.Forbidden, waymark.DefaultDeny},
		"no role":                  {"producer", "", nil, waymark.Forbidden, waymark.DefaultDeny},
		"an unknown role":          {"producer", "ADMIN", nil, waymark.Forbidden, waymark.DefaultDeny},
		"an unregistered member":   {"stranger", waymark.Operator, nil, waymark.NotFound, ""},
		"an unknown consignee":     {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Consignee = "nobody" }, waymark.NotFound, ""},
		"an unknown arbiter":       {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Arbiter = "nobody" }, waymark.NotFound, ""},
		"consignee is consignor":   {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Consignee = "producer" }, waymark.Invalid, ""},
		"arbiter is consignor":     {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Arbiter = "producer" }, waymark.Invalid, ""},
		"arbiter is consignee":     {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Arbiter = "retailer" }, waymark.Invalid, ""},
		"no goods":                 {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Goods = nil }, waymark.Invalid, ""},
		"another member's goods":   {"carrier", waymark.Operator, nil, waymark.Forbidden, waymark.DefaultDeny},
		"goods of s1":              {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Goods = createRequest("s1").Goods[1:] }, waymark.FailedPrecondition, "goods-place"},
		"unknown goods":            {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Goods = createRequest("s3").Goods }, waymark.NotFound, ""},
		"other content under s1":   {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.ID, r.Arbiter = "s1", "" }, waymark.AlreadyExists, ""},
		"another member's s1":      {"carrier", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.ID = "s1" }, waymark.AlreadyExists, ""},
		"a condition without ends": {"producer", waymark.Operator, func(r *waymark.CreateShipmentRequest) { r.Conditions = []waymark.Condition{{Name: "t", Unit: "Cel"}} }, waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newConsortium(t)
			scenario.Must(c, c.As("producer", waymark.Operator), custody.Create, createRequest("s1"))
			r := createRequest("s2")
			if test.change != nil {
				test.change(&r)
			}
			scenario.Refused(c, c.As(test.by, test.role), custody.Create, r, test.code, test.reason)
		})
	}
}

func TestAttachRefuses(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		give   waymark.AttachDeviceRequest
		code   waymark.Code
		reason string
	}{
		"not the custodian":         {"carrier", waymark.Operator, attachRequest("s1", "logger-c"), waymark.Forbidden, waymark.DefaultDeny},
		"another member's device":   {"producer", waymark.Operator, attachRequest("s1", "logger-c"), waymark.Forbidden, waymark.DefaultDeny},
		"a viewer":                  {"producer", waymark.Viewer, attachRequest("s1", "logger-2"), waymark.Forbidden, waymark.DefaultDeny},
		"an unknown shipment":       {"producer", waymark.Operator, attachRequest("s9", "logger-2"), waymark.NotFound, ""},
		"an unknown device":         {"producer", waymark.Operator, attachRequest("s1", "logger-9"), waymark.NotFound, ""},
		"a suspended device":        {"producer", waymark.Operator, attachRequest("s1", "logger-s"), waymark.FailedPrecondition, "device-active"},
		"a retired device":          {"producer", waymark.Operator, attachRequest("s1", "logger-r"), waymark.FailedPrecondition, "device-active"},
		"a device attached already": {"producer", waymark.Operator, attachRequest("s2", "logger-1"), waymark.FailedPrecondition, "device-attached"},
		"an id with a slash":        {"producer", waymark.Operator, attachRequest("s1", "logger/1"), waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			operator := s.operator("producer")
			scenario.Must(s.Consortium, operator, custody.Create, createRequest("s2"))
			for _, id := range []string{"logger-2", "logger-s", "logger-r"} {
				s.Device(id, "producer")
			}
			s.Device("logger-c", "carrier")
			scenario.Must(s.Consortium, operator, registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-s", Reason: "lost"})
			scenario.Must(s.Consortium, operator, registry.RetireDevice, waymark.DeviceStateRequest{Device: "logger-r", Reason: "broken"})
			scenario.Refused(s.Consortium, s.As(test.by, test.role), custody.Attach, test.give, test.code, test.reason)
		})
	}
}

func TestAttachTwiceChangesNothing(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	a, tx, err := scenario.Endorse(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s1", "logger-1"))
	if err != nil || len(tx.Writes()) != 0 || a.After != 0 {
		t.Errorf("attached %+v, %v, writes %v", a, err, tx.Writes())
	}
}

func TestAttachIsBounded(t *testing.T) {
	s := newStory(t)
	for i := range waymark.MaxDevices {
		id := "extra-" + string(rune('a'+i))
		s.Device(id, "producer")
		if i < waymark.MaxDevices-1 {
			s.attach(id)
			continue
		}
		scenario.Refused(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s1", id), waymark.FailedPrecondition, waymark.ReasonLimit)
	}
	if n := len(s.view().Attachments); n != waymark.MaxDevices {
		t.Errorf("%d devices", n)
	}
	s.accept("carrier", s.offer("producer", "carrier"), "no reading") // who has places of its own
	s.Device("logger-c", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-c"))
}

// TestNoTwoTakeAllPlacesOfWitnesses by handing the goods to and fro: those of devices that have left stay taken.
func TestNoTwoTakeAllPlacesOfWitnesses(t *testing.T) {
	s := storyOf(t)
	s.accept("carrier", s.offer("producer", "carrier"), "no reading")
	for i := range waymark.MaxDevices {
		id := "extra-" + string(rune('a'+i))
		s.Device(id, "carrier")
		scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", id))
	}
	s.accept("auditor", s.offer("carrier", "auditor"), "no reading")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Detach, waymark.DetachDeviceRequest{Shipment: "s1", Device: "extra-a"})
	s.accept("carrier", s.offer("auditor", "carrier"), "no reading")
	s.Device("another", "carrier")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "another"), waymark.FailedPrecondition, waymark.ReasonLimit)
}
