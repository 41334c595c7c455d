package registry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// forge signs a statement as the device, with its key, under a header.
func forge(t *testing.T, d *scenario.Device, change func(*attest.Header, *waymark.Registration)) string {
	t.Helper()
	h := attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Registration}
	s := d.Statement()
	change(&h, &s)
	payload, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d.Sign(h, payload)
}

func TestProofOfPossession(t *testing.T) {
	c := scenario.New(t)
	d, other := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer")
	header := attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Registration}
	raw := func(payload string) string { return d.Sign(header, []byte(payload)) }
	statement, err := json.Marshal(d.Statement())
	if err != nil {
		t.Fatal(err)
	}
	object := string(statement[:len(statement)-1])
	tests := map[string]struct {
		give   string
		code   waymark.Code
		reason string
	}{
		"no message":                 {"nonsense", waymark.Invalid, ""},
		"an empty text":              {"", waymark.Invalid, ""},
		"another key's statement":    {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.JWK = other.Statement().JWK }), waymark.Unauthenticated, "signature"},
		"another consortium":         {forge(t, d, func(h *attest.Header, _ *waymark.Registration) { h.Consortium = "other" }), waymark.Invalid, ""},
		"another device in header":   {forge(t, d, func(h *attest.Header, _ *waymark.Registration) { h.Device = "logger-2" }), waymark.Invalid, ""},
		"another device in payload":  {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.Device = "logger-2" }), waymark.Invalid, ""},
		"another key id in header":   {forge(t, d, func(h *attest.Header, _ *waymark.Registration) { h.KeyID = "k2" }), waymark.Invalid, ""},
		"no model":                   {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.Model = "" }), waymark.Invalid, ""},
		"an owner with a slash":      {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.Owner = "a/b" }), waymark.Invalid, ""},
		"another owner":              {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.Owner = "carrier" }), waymark.Forbidden, waymark.DefaultDeny},
		"a key that is none":         {forge(t, d, func(_ *attest.Header, s *waymark.Registration) { s.JWK.X = "AA" }), waymark.Invalid, ""},
		"a password as registration": {forge(t, d, func(h *attest.Header, _ *waymark.Registration) { h.Kind = attest.Connect }), waymark.Invalid, ""},
		"a rotation as registration": {forge(t, d, func(h *attest.Header, _ *waymark.Registration) { h.Kind = attest.Rotation }), waymark.Invalid, ""},
		"no JSON":                    {raw("nonsense"), waymark.Invalid, ""},
		"null":                       {raw("null"), waymark.Invalid, ""},
		"an unknown member":          {raw(object + `,"state":"active"}`), waymark.Invalid, ""},
		"no key":                     {raw(`{"device":"logger-1","owner":"producer","model":"TL-20","key_id":"k1"}`), waymark.Invalid, ""},
		"two owners":                 {raw(object + `,"owner":"producer"}`), waymark.Invalid, ""},
		"an owner in capitals":       {raw(strings.Replace(object, `"owner"`, `"Owner"`, 1) + "}"), waymark.Invalid, ""},
		"a key type in capitals":     {raw(strings.Replace(object, `"kty"`, `"KTY"`, 1) + "}"), waymark.Invalid, ""},
		"a model that is not UTF-8":  {raw(strings.Replace(object, "TL-20", "TL\xff", 1) + "}"), waymark.Invalid, ""},
		"a model of half a pair":     {raw(strings.Replace(object, "TL-20", `TL\ud800`, 1) + "}"), waymark.Invalid, ""},
		"a key with a private part":  {raw(strings.Replace(object, `"kty"`, `"d":"AA","kty"`, 1) + "}"), waymark.Invalid, ""},
		"text after it":              {raw(object + `} {}`), waymark.Invalid, ""},
		"a brace after it":           {raw(object + `}}`), waymark.Invalid, ""},
		"a bracket after it":         {raw(object + `}]`), waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request := waymark.RegisterDeviceRequest{Registration: test.give}
			scenario.Refused(c, c.As("producer", waymark.Operator), registry.RegisterDevice, request, test.code, test.reason)
		})
	}
}

// rotation wraps a registration of the next key in a message of the present one.
func rotation(t *testing.T, present, next *scenario.Device, change func(outer, inner *attest.Header, s *waymark.Registration)) string {
	t.Helper()
	outer := attest.Header{Device: present.ID, Consortium: scenario.Channel, KeyID: present.KeyID, Kind: attest.Rotation}
	inner := forge(t, next, func(h *attest.Header, s *waymark.Registration) { change(&outer, h, s) })
	return present.Sign(outer, []byte(inner))
}

func noChange(_, _ *attest.Header, _ *waymark.Registration) {}

func TestRotate(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	by := c.As("producer", waymark.Admin)
	request := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")}
	first := scenario.Must(c, by, registry.RotateKey, request)
	if len(first.Keys) != 2 || first.Keys[0].NotAfter != c.Now || !first.Keys[1].NotAfter.IsZero() || first.Keys[1].ID != "k2" || first.Reason != "key rotated" {
		t.Errorf("device %+v", first)
	}
	expectNothing(c, by, registry.RotateKey, request, first)
	second := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k3")}
	scenario.Must(c, by, registry.RotateKey, second)
	scenario.Refused(c, by, registry.RotateKey, request, waymark.Unauthenticated, "key-in-force")
	if _, found := first.Key("k1"); !found {
		t.Error("the replaced key is forgotten")
	}
	if _, inForce := first.KeyInForce("k1", c.Now); inForce {
		t.Error("the replaced key is in force")
	}
	if _, found := first.Key("k9"); found {
		t.Error("found a key that was never there")
	}
}

func TestRotateRefuses(t *testing.T) {
	type headers = func(outer, inner *attest.Header, s *waymark.Registration)
	next := func(outer, inner *attest.Header, s *waymark.Registration) { inner.KeyID, s.KeyID = "k3", "k3" }
	also := func(more headers) headers {
		return func(o, i *attest.Header, s *waymark.Registration) { next(o, i, s); more(o, i, s) }
	}
	tests := map[string]struct {
		signer string // whose key signs the outer message
		change headers
		code   waymark.Code
		reason string
	}{
		"a key of the device that is replaced": {"old", next, waymark.Unauthenticated, "key-in-force"},
		"a key that was never there":           {"new", next, waymark.Unauthenticated, "key-in-force"},
		"another device's key":                 {"other", also(func(o, _ *attest.Header, _ *waymark.Registration) { o.Device, o.KeyID = "logger-1", "k2" }), waymark.Unauthenticated, "signature"},
		"another device":                       {"other", next, waymark.Invalid, ""},
		"the id of the first key":              {"present", func(_, i *attest.Header, s *waymark.Registration) { i.KeyID, s.KeyID = "k1", "k1" }, waymark.AlreadyExists, ""},
		"the id of the key in force":           {"present", func(_, i *attest.Header, s *waymark.Registration) { i.KeyID, s.KeyID = "k2", "k2" }, waymark.AlreadyExists, ""},
		"another consortium outside":           {"present", also(func(o, _ *attest.Header, _ *waymark.Registration) { o.Consortium = "other" }), waymark.Invalid, ""},
		"another consortium inside":            {"present", also(func(_, i *attest.Header, _ *waymark.Registration) { i.Consortium = "other" }), waymark.Invalid, ""},
		"another kind":                         {"present", also(func(o, _ *attest.Header, _ *waymark.Registration) { o.Kind = attest.Registration }), waymark.Invalid, ""},
		"another device inside":                {"present", also(func(_, i *attest.Header, s *waymark.Registration) { i.Device, s.Device = "logger-2", "logger-2" }), waymark.Invalid, ""},
		"another owner":                        {"present", also(func(_, _ *attest.Header, s *waymark.Registration) { s.Owner = "carrier" }), waymark.Invalid, ""},
		"another model":                        {"present", also(func(_, _ *attest.Header, s *waymark.Registration) { s.Model = "TL-21" }), waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
			signers := map[string]*scenario.Device{"other": c.Device("logger-2", "producer"), "new": c.NewDevice("logger-1", "producer")}
			old := *d
			signers["old"] = &old
			scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
			signers["present"], signers["new"].KeyID = d, "k3"
			text := rotation(t, signers[test.signer], signers["new"], test.change)
			scenario.Refused(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: text}, test.code, test.reason)
		})
	}
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	scenario.Refused(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1", Rotation: "nonsense"}, waymark.Invalid, "")
	scenario.Refused(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-9", Rotation: "nonsense"}, waymark.NotFound, "")
}

func TestASuspendedDeviceMayRotateAndARetiredOneMayNot(t *testing.T) {
	c := scenario.New(t)
	d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	state := waymark.DeviceStateRequest{Device: d.ID, Reason: "its key may be known"}
	scenario.Must(c, by, registry.SuspendDevice, state)
	last := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")}
	scenario.Must(c, by, registry.RotateKey, last)
	record := scenario.Must(c, by, registry.RetireDevice, state)
	expectNothing(c, by, registry.RotateKey, last, record)
	next := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k3")}
	scenario.Refused(c, by, registry.RotateKey, next, waymark.FailedPrecondition, "device-lifecycle")
}

func TestKeysAreBounded(t *testing.T) {
	c := scenario.New(t)
	d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	for i := 1; i < registry.MaxKeys; i++ {
		scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation(fmt.Sprintf("n%d", i))})
	}
	next := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("last")}
	scenario.Refused(c, by, registry.RotateKey, next, waymark.FailedPrecondition, waymark.ReasonLimit)
}
