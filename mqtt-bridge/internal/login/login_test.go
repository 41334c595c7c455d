package login_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
)

// fixed is a registry of one device.
func fixed(d waymark.Device) changing { return changing{record: &d} }

func TestLogin(t *testing.T) {
	now := time.Now()
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	active := d.Record(t, waymark.DeviceActive)
	replaced := d.Record(t, waymark.DeviceActive)
	replaced.Keys[0].NotAfter = now
	revoked := d.Record(t, waymark.DeviceActive)
	revoked.Keys[0].Revoked = &waymark.KeyRevocation{From: now.Add(time.Hour)}
	renamed := d.Record(t, waymark.DeviceActive)
	renamed.Keys[0].ID = "k2"
	for _, test := range []struct {
		name       string
		consortium string
		record     waymark.Device
		device     string
		password   string
		want       waymark.Code
	}{
		{"right", "waymark", active, "logger-1", d.Password(t, now), ""},
		{"another consortium", "elsewhere", active, "logger-1", d.Password(t, now), waymark.Unauthenticated},
		{"another device", "waymark", active, "logger-2", d.Password(t, now), waymark.Unauthenticated},
		{"a key that was replaced", "waymark", replaced, "logger-1", d.Password(t, now), waymark.Unauthenticated},
		{"a key that is revoked", "waymark", revoked, "logger-1", d.Password(t, now), waymark.Unauthenticated},
		{"not activated", "waymark", d.Record(t, waymark.DeviceRegistered), "logger-1", d.Password(t, now), waymark.Forbidden},
		{"a key that is not there", "waymark", renamed, "logger-1", d.Password(t, now), waymark.Unauthenticated},
		{"suspended", "waymark", d.Record(t, waymark.DeviceSuspended), "logger-1", d.Password(t, now), waymark.Forbidden},
		{"retired", "waymark", d.Record(t, waymark.DeviceRetired), "logger-1", d.Password(t, now), waymark.Forbidden},
		{"expired", "waymark", active, "logger-1", d.Password(t, now.Add(-2*time.Hour)), waymark.Unauthenticated},
		{"a message", "waymark", active, "logger-1", string(d.Next(t)), waymark.Invalid},
		{"nonsense", "waymark", active, "logger-1", "secret", waymark.Unauthenticated},
	} {
		t.Run(test.name, func(t *testing.T) {
			expires, err := login.New(test.consortium, fixed(test.record)).Login(t.Context(), test.device, test.password)
			if got := waymark.CodeOf(err); got != test.want {
				t.Errorf("got %q, want %q: %v", got, test.want, err)
			}
			if err == nil && (expires.Before(now.Add(59*time.Minute)) || expires.After(now.Add(61*time.Minute))) {
				t.Errorf("expires %s", expires)
			}
		})
	}
}

// A key that was replaced with an overlap, or whose certificate expires, is good until
// it ends, and no connection outlives it.
func TestLoginUntilTheKeyEnds(t *testing.T) {
	now := time.Now()
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	for end, want := range map[time.Duration]time.Duration{10 * time.Minute: 10 * time.Minute, 2 * time.Hour: time.Hour} {
		record := d.Record(t, waymark.DeviceActive)
		record.Keys[0].NotAfter = now.Add(end)
		record.Keys = append(record.Keys, waymark.DeviceKey{ID: "k2", NotBefore: now.Add(-time.Minute)})
		expires, err := login.New("waymark", fixed(record)).Login(t.Context(), d.ID, d.Password(t, now))
		if off := expires.Sub(now.Add(want)).Abs(); err != nil || off > time.Second {
			t.Errorf("a key that ends after %s: expires %s from now, %v", end, expires.Sub(now), err)
		}
	}
}

// changing is a registry whose one device changes. None of its keys has a certificate.
type changing struct {
	login.Authorities
	record *waymark.Device
}

func (c changing) Device(context.Context, string) (*waymark.Device, error) {
	d := *c.record
	return &d, nil
}

// A device that was resumed, or whose key was rotated, need not wait until memory
// is old.
func TestLoginAfterAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
		record := d.Record(t, waymark.DeviceSuspended)
		checker := login.New("waymark", changing{record: &record})
		if _, err := checker.Login(t.Context(), d.ID, d.Password(t, time.Now())); waymark.CodeOf(err) != waymark.Forbidden {
			t.Fatalf("suspended: %v", err)
		}
		record.State = waymark.DeviceActive
		time.Sleep(2 * time.Second)
		if _, err := checker.Login(t.Context(), d.ID, d.Password(t, time.Now())); err != nil {
			t.Errorf("resumed: %v", err)
		}
	})
}

// A password is a message alone: nothing can come after it.
func TestPasswordHasNoDisclosures(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	record := d.Record(t, waymark.DeviceActive)
	checker := login.New("waymark", changing{record: &record})
	password := d.Password(t, time.Now())
	if _, err := checker.Login(t.Context(), d.ID, attest.WithDisclosures(password, [][]byte{[]byte("[]")})); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("with a disclosure: %v", err)
	}
	if _, err := checker.Login(t.Context(), d.ID, password); err != nil {
		t.Errorf("without one: %v", err)
	}
}
