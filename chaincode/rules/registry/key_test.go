package registry_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// inForce are the ids of the keys in force at a time.
func inForce(d *waymark.Device, at time.Time) string {
	ids := ""
	for _, k := range d.Keys {
		if _, found := d.KeyInForce(k.ID, at); found {
			ids += k.ID + " "
		}
	}
	return ids
}

func TestRotateWithOverlap(t *testing.T) {
	c := scenario.New(t)
	d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	first := *d
	request := waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2"), OverlapSeconds: 3600}
	record := scenario.Must(c, by, registry.RotateKey, request)
	for at, want := range map[time.Duration]string{0: "k1 k2 ", time.Hour - 1: "k1 k2 ", time.Hour: "k2 ", -time.Hour: "k1 k2 "} {
		if got := inForce(record, c.Now.Add(at)); got != want {
			t.Errorf("%s after: in force are %s, want %s", at, got, want)
		}
	}
	expectNothing(c, by, registry.RotateKey, request, record)
	// Only the newest key in force may name its successor, though the first still speaks.
	next := c.NewDevice("logger-1", "producer")
	next.KeyID = "k9"
	scenario.Refused(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: rotation(t, &first, next, noChange)}, waymark.Unauthenticated, "key-in-force")
	record = scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k3")})
	if got := inForce(record, c.Now); got != "k3 " {
		t.Errorf("after a rotation without overlap: %s", got)
	}
	request = waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k4"), OverlapSeconds: int64(waymark.MaxOverlap/time.Second) + 1}
	scenario.Refused(c, by, registry.RotateKey, request, waymark.Invalid, "")
}

// TestAClockBehindMovesNoKey: a transaction's time is its client's claim.
func TestAClockBehindMovesNoKey(t *testing.T) {
	c := scenario.New(t)
	d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	c.Now = c.Now.Add(4 * time.Minute)
	scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
	c.Now = c.Now.Add(-3 * time.Minute)
	record := scenario.Must(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k3")})
	if got := inForce(record, c.Now); got != "k3 " {
		t.Errorf("in force are %s", got)
	}
	for _, k := range record.Keys {
		if !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore) {
			t.Errorf("key %+v ends before it begins", k)
		}
	}
}

func TestReplaceKey(t *testing.T) {
	c := scenario.New(t)
	d, admin := c.Device("logger-1", "producer"), c.As("producer", waymark.Admin)
	old := *d
	scenario.Must(c, admin, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2"), OverlapSeconds: 3600})
	request := waymark.ReplaceKeyRequest{Device: d.ID, Registration: d.Replacement("k3"), Reason: "flash lost"}
	for _, by := range []ledger.Caller{c.As("producer", waymark.Operator), c.As("producer", waymark.Relay), c.As("producer", ""), c.As("carrier", waymark.Admin)} {
		scenario.Refused(c, by, registry.ReplaceKey, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	c.Now = c.Now.Add(time.Minute)
	record := scenario.Must(c, admin, registry.ReplaceKey, request)
	last := record.Keys[2]
	if inForce(record, c.Now) != "k3 " || last.Origin != waymark.KeyByAdministrator || record.Reason != "flash lost" || record.Changed.Role != waymark.Admin {
		t.Errorf("device %+v", record)
	}
	expectNothing(c, admin, registry.ReplaceKey, request, record)

	replace := func(registration string) waymark.ReplaceKeyRequest {
		return waymark.ReplaceKeyRequest{Device: d.ID, Registration: registration, Reason: "again"}
	}
	other, foreign, renamed := c.NewDevice("logger-2", "producer"), c.NewDevice("logger-1", "carrier"), old
	renamed.KeyID = "k7"
	scenario.Refused(c, admin, registry.ReplaceKey, replace("nonsense"), waymark.Invalid, "")
	scenario.Refused(c, admin, registry.ReplaceKey, replace(other.Registration()), waymark.Invalid, "")
	scenario.Refused(c, admin, registry.ReplaceKey, replace(foreign.Registration()), waymark.Invalid, "")
	scenario.Refused(c, admin, registry.ReplaceKey, replace(old.Registration()), waymark.AlreadyExists, "")
	scenario.Refused(c, admin, registry.ReplaceKey, replace(renamed.Registration()), waymark.AlreadyExists, "") // an old key under a new id
	scenario.Refused(c, admin, registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: "logger-9", Registration: "x", Reason: "x"}, waymark.NotFound, "")
	scenario.Must(c, admin, registry.RetireDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "old"})
	scenario.Refused(c, admin, registry.ReplaceKey, replace(d.Replacement("k8")), waymark.FailedPrecondition, "device-lifecycle")
}

func TestRevokeKey(t *testing.T) {
	c := scenario.New(t)
	d, by := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	registered := c.Now
	c.Now = c.Now.Add(24 * time.Hour)
	revoke := func(key string, from time.Time) waymark.RevokeKeyRequest {
		return waymark.RevokeKeyRequest{Device: d.ID, Key: key, From: from, Reason: "stolen"}
	}
	seen := c.Now.Add(-time.Hour)
	for _, wrong := range []ledger.Caller{c.As("producer", waymark.Viewer), c.As("producer", waymark.Relay), c.As("carrier", waymark.Admin)} {
		scenario.Refused(c, wrong, registry.RevokeKey, revoke("k1", seen), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, by, registry.RevokeKey, revoke("k9", seen), waymark.NotFound, "")
	scenario.Refused(c, by, registry.RevokeKey, revoke("k1", registered.Add(-time.Millisecond)), waymark.Invalid, "")
	scenario.Refused(c, by, registry.RevokeKey, revoke("k1", c.Now.Add(time.Hour)), waymark.Invalid, "")
	record := scenario.Must(c, by, registry.RevokeKey, revoke("k1", seen.Add(time.Microsecond)))
	r := record.Keys[0].Revoked
	if r == nil || r.From != seen || r.By.Time != c.Now || r.Reason != "stolen" || inForce(record, c.Now) != "" || inForce(record, registered) != "" {
		t.Errorf("device %+v", record)
	}
	for at, want := range map[time.Time]bool{seen: true, seen.Add(-time.Millisecond): false, c.Now: true, registered: false} {
		if record.Disputed("k1", at) != want || record.Disputed("k9", at) {
			t.Errorf("recorded at %s: disputed %t, want %t", at, !want, want)
		}
	}
	expectNothing(c, by, registry.RevokeKey, revoke("k1", seen), record)
	scenario.Refused(c, by, registry.RevokeKey, revoke("k1", seen.Add(time.Minute)), waymark.FailedPrecondition, "key-revoked")
	earlier := scenario.Must(c, by, registry.RevokeKey, revoke("k1", registered))
	if !earlier.Disputed("k1", registered) {
		t.Error("the revocation did not move back")
	}
	// Nothing speaks for the device now but its owner's admin.
	present := *d
	scenario.Refused(c, by, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: present.Rotation("k2")}, waymark.Unauthenticated, "key-in-force")
	scenario.Must(c, c.As("producer", waymark.Admin), registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: d.ID, Registration: d.Replacement("k2"), Reason: "stolen"})
	scenario.Must(c, by, registry.RetireDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "old"})
	late := scenario.Must(c, by, registry.RevokeKey, revoke("k2", c.Now))
	if !late.Disputed("k2", c.Now) || late.State != waymark.DeviceRetired {
		t.Errorf("a theft that is found late: %+v", late)
	}
}
