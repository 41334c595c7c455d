package registry_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// expectNothing runs a request that must succeed, write nothing and give want.
func expectNothing[Q waymark.Validator, R any](c *scenario.Consortium, by ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q, want R) {
	c.T.Helper()
	c.Now = c.Now.Add(time.Second)
	got, tx, err := scenario.Endorse(c, by, rule, request)
	if err != nil {
		c.T.Errorf("%T again: %v", request, err)
		return
	}
	if len(tx.Writes()) != 0 || !reflect.DeepEqual(got, want) {
		c.T.Errorf("%T again: writes %v, gave\n%+v, want\n%+v", request, tx.Writes(), got, want)
	}
}

func TestRegisterMember(t *testing.T) {
	c := scenario.New(t)
	admin := c.As("producer", waymark.Admin)
	request := waymark.RegisterMemberRequest{ID: "producer", Name: "Producer", GLN: "9506000134352", GatewayURL: "https://producer.example"}
	c.Now = c.Now.Add(time.Hour)
	m := scenario.Must(c, admin, registry.RegisterMember, request)
	if m.Registered.Time != scenario.Start || m.Changed.Time != c.Now || m.Changed.Member != "producer" {
		t.Errorf("changed member %+v", m)
	}
	expectNothing(c, admin, registry.RegisterMember, request, m)
	for _, role := range []waymark.Role{waymark.Operator, waymark.Viewer, waymark.Relay, ""} {
		scenario.Refused(c, c.As("producer", role), registry.RegisterMember, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("carrier", waymark.Admin), registry.RegisterMember, request, waymark.Forbidden, waymark.DefaultDeny)
	request.GatewayURL = "http://producer.example"
	scenario.Refused(c, admin, registry.RegisterMember, request, waymark.Invalid, "")
}

func TestGetMember(t *testing.T) {
	c := scenario.New(t)
	for _, role := range waymark.Roles() {
		if m := scenario.Must(c, c.As("auditor", role), registry.Member, waymark.MemberQuery{Member: "producer"}); m.ID != "producer" {
			t.Errorf("member %+v", m)
		}
	}
	scenario.Refused(c, c.As("auditor", ""), registry.Member, waymark.MemberQuery{Member: "producer"}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("auditor", waymark.Viewer), registry.Member, waymark.MemberQuery{Member: "nobody"}, waymark.NotFound, "")
}

func registration(d *scenario.Device) waymark.RegisterDeviceRequest {
	return waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true}
}

func TestRegisterDevice(t *testing.T) {
	c := scenario.New(t)
	d := c.NewDevice("logger-1", "producer")
	by := c.As("producer", waymark.Operator)
	record := scenario.Must(c, by, registry.RegisterDevice, registration(d))
	if record.State != waymark.DeviceActive || record.Owner != "producer" || len(record.Keys) != 1 || record.Keys[0].NotBefore != c.Now ||
		record.Keys[0].ID != "k1" || record.Reason != "registered" || record.Registered.TxID == "" {
		t.Errorf("device %+v", record)
	}
	expectNothing(c, by, registry.RegisterDevice, registration(d), record)
	expectNothing(c, c.As("producer", waymark.Admin), registry.RegisterDevice, registration(d), record)
	scenario.Refused(c, by, registry.RegisterDevice, registration(c.NewDevice("logger-1", "producer")), waymark.AlreadyExists, "")
	scenario.Refused(c, c.As("carrier", waymark.Operator), registry.RegisterDevice, registration(c.NewDevice("logger-1", "carrier")), waymark.AlreadyExists, "")
	for _, role := range []waymark.Role{waymark.Viewer, waymark.Relay, ""} {
		scenario.Refused(c, c.As("producer", role), registry.RegisterDevice, registration(c.NewDevice("logger-2", "producer")), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("carrier", waymark.Operator), registry.RegisterDevice, registration(d), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("stranger", waymark.Operator), registry.RegisterDevice, registration(c.NewDevice("logger-3", "stranger")), waymark.NotFound, "")
}

func TestADeviceIsRegisteredBeforeItIsActive(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	request := waymark.RegisterDeviceRequest{Registration: c.NewDevice("logger-1", "producer").Registration()}
	record := scenario.Must(c, by, registry.RegisterDevice, request)
	if record.State != waymark.DeviceRegistered || record.Keys[0].Origin != waymark.KeyByDevice {
		t.Errorf("device %+v", record)
	}
	request.Activate = true // what is registered changes by devices:Activate alone
	expectNothing(c, by, registry.RegisterDevice, request, record)
	active := scenario.Must(c, by, registry.ActivateDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "mounted"})
	if active.State != waymark.DeviceActive || active.Reason != "mounted" || active.Changed.Time != c.Now || active.Changed.Role != waymark.Operator {
		t.Errorf("device %+v", active)
	}
}

// TestOldRecordsAreRead: a record written before keys had an origin and an end of
// their own.
func TestOldRecordsAreRead(t *testing.T) {
	c := scenario.New(t)
	d := c.NewDevice("logger-1", "producer")
	jwk, err := json.Marshal(d.Statement().JWK)
	if err != nil {
		t.Fatal(err)
	}
	old := fmt.Sprintf(`{"id":"logger-1","owner":"producer","model":"TL-20","state":"active","keys":[
		{"id":"k0","jwk":%[1]s,"not_before":"2026-01-01T00:00:00Z","not_after":"2026-02-01T00:00:00Z"},
		{"id":"k1","jwk":%[1]s,"not_before":"2026-02-01T00:00:00Z"}],
		"registered":{"tx_id":"t","time":"2026-01-01T00:00:00Z","member":"producer","role":"operator"},
		"changed":{"tx_id":"t","time":"2026-02-01T00:00:00Z","member":"producer","role":"operator"},"reason":"key rotated"}`, jwk)
	if _, err := c.World.Submit(c.Tx(c.As("producer", waymark.Operator)), func(l ledger.Ledger) error {
		return l.Put(ledger.DeviceKey("logger-1"), []byte(old))
	}); err != nil {
		t.Fatal(err)
	}
	by := c.As("producer", waymark.Operator)
	record := scenario.Must(c, by, registry.Device, waymark.DeviceQuery{Device: "logger-1"})
	if _, inForce := record.KeyInForce("k0", c.Now); inForce {
		t.Error("the replaced key is in force")
	}
	if _, inForce := record.KeyInForce("k1", c.Now); !inForce || record.Edge(c.Now) != "" {
		t.Error("the present key is not in force")
	}
	rotated := scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: d.Rotation("k2")})
	if len(rotated.Keys) != 3 || rotated.Keys[0].NotAfter != record.Keys[0].NotAfter || rotated.Keys[1].NotAfter != c.Now {
		t.Errorf("keys %+v", rotated.Keys)
	}
}

func TestARegistrationReturnsTheDeviceAsItIsNow(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	first := registration(d)
	by := c.As("producer", waymark.Operator)
	scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
	record := scenario.Must(c, by, registry.RetireDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "broken"})
	expectNothing(c, by, registry.RegisterDevice, first, record)
}

func TestGetDevice(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	query := waymark.DeviceQuery{Device: "logger-1"}
	for _, role := range waymark.Roles() {
		scenario.Must(c, c.As("carrier", role), registry.Device, query)
	}
	scenario.Refused(c, c.As("carrier", ""), registry.Device, query, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("carrier", waymark.Viewer), registry.Device, waymark.DeviceQuery{Device: "logger-9"}, waymark.NotFound, "")
}

type change func(ledger.Ledger, waymark.DeviceStateRequest) (*waymark.Device, error)

func TestDeviceLifecycle(t *testing.T) {
	acts := map[string]change{"activate": registry.ActivateDevice, "suspend": registry.SuspendDevice, "resume": registry.ResumeDevice, "retire": registry.RetireDevice}
	tests := map[string]struct{ act, want string }{
		"":                       {"suspend", "suspended"},
		"active":                 {"resume", "unchanged"},
		"just active":            {"retire", "retired"},
		"suspend":                {"suspend", "unchanged"},
		"suspend, then":          {"resume", "active"},
		"suspend, then at last":  {"retire", "retired"},
		"retire":                 {"suspend", "refused"},
		"retire, then":           {"resume", "refused"},
		"retire, then again":     {"retire", "unchanged"},
		"suspend retire":         {"resume", "refused"},
		"suspend resume suspend": {"resume", "active"},
		"suspend, and":           {"activate", "refused"},
		"active, and":            {"activate", "unchanged"},
		"retire, and":            {"activate", "refused"},
		"new":                    {"activate", "active"},
		"new, then":              {"suspend", "refused"},
		"new, and then":          {"resume", "refused"},
		"new, at last":           {"retire", "retired"},
		"new activate suspend":   {"resume", "active"},
	}
	for before, test := range tests {
		t.Run(before+" "+test.act, func(t *testing.T) {
			c := scenario.New(t)
			by := c.As("producer", waymark.Operator)
			scenario.Must(c, by, registry.RegisterDevice, waymark.RegisterDeviceRequest{
				Registration: c.NewDevice("logger-1", "producer").Registration(), Activate: !strings.HasPrefix(before, "new")})
			request := waymark.DeviceStateRequest{Device: "logger-1", Reason: "because"}
			for _, word := range strings.Fields(before) {
				if act := acts[strings.Trim(word, ",")]; act != nil {
					scenario.Must(c, by, act, request)
				}
			}
			present := scenario.Must(c, by, registry.Device, waymark.DeviceQuery{Device: "logger-1"})
			switch test.want {
			case "refused":
				scenario.Refused(c, by, acts[test.act], request, waymark.FailedPrecondition, "device-lifecycle")
			case "unchanged":
				expectNothing(c, by, acts[test.act], request, present)
			default:
				d := scenario.Must(c, by, acts[test.act], request)
				if string(d.State) != test.want || d.Reason != "because" || d.Registered != present.Registered {
					t.Errorf("device %+v", d)
				}
			}
		})
	}
}

func TestWhoManagesADevice(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	request := waymark.DeviceStateRequest{Device: "logger-1", Reason: "because"}
	rotation := waymark.RotateKeyRequest{Device: "logger-1", Rotation: d.Rotation("k2")}
	for _, by := range []ledger.Caller{
		c.As("producer", waymark.Viewer), c.As("producer", waymark.Relay), c.As("producer", ""),
		c.As("carrier", waymark.Admin), c.As("stranger", waymark.Operator),
	} {
		for _, act := range []change{registry.ActivateDevice, registry.SuspendDevice, registry.ResumeDevice, registry.RetireDevice} {
			scenario.Refused(c, by, act, request, waymark.Forbidden, waymark.DefaultDeny)
		}
		scenario.Refused(c, by, registry.RotateKey, rotation, waymark.Forbidden, waymark.DefaultDeny)
	}
	request.Device = "logger-9"
	scenario.Refused(c, c.As("producer", waymark.Admin), registry.SuspendDevice, request, waymark.NotFound, "")
	request = waymark.DeviceStateRequest{Device: "logger-1"}
	scenario.Refused(c, c.As("producer", waymark.Admin), registry.SuspendDevice, request, waymark.Invalid, "")
}
