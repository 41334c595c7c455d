package login_test

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
)

// pair is a registry of a device and the edge that signs for it.
type pair map[string]waymark.Device

func (p pair) Device(_ context.Context, id string) (*waymark.Device, error) {
	d, found := p[id]
	if !found {
		return nil, waymark.Errorf(waymark.NotFound, "there is no device %s", id)
	}
	return &d, nil
}

// An edge logs in for a device as long as it signs for it.
func TestLoginByAnEdge(t *testing.T) {
	now := time.Now()
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	held := d.Record(t, waymark.DeviceActive)
	held.Keys[0].Edge = "edge-1"
	edge := d.Record(t, waymark.DeviceActive)
	edge.ID = "edge-1"
	suspended, moved, other := edge, edge, edge
	suspended.State, moved.Owner = waymark.DeviceSuspended, "carrier"
	other.Keys = []waymark.DeviceKey{{ID: "k1", JWK: waymark.JWK{X: "another"}, NotBefore: now.Add(-time.Hour)}}
	ended := d.Record(t, waymark.DeviceActive) // as by a transfer
	ended.Keys[0].Edge, ended.Keys[0].NotAfter = "edge-1", now.Add(-time.Second)
	for name, test := range map[string]struct {
		registry pair
		want     waymark.Code
	}{
		"active":         {pair{"logger-1": held, "edge-1": edge}, ""},
		"suspended":      {pair{"logger-1": held, "edge-1": suspended}, waymark.Forbidden},
		"of another now": {pair{"logger-1": held, "edge-1": moved}, waymark.Forbidden},
		"without it":     {pair{"logger-1": held, "edge-1": other}, waymark.Unauthenticated},
		"ended":          {pair{"logger-1": ended, "edge-1": edge}, waymark.Unauthenticated},
	} {
		registry := struct {
			login.Authorities
			pair
		}{pair: test.registry}
		checker := login.New("waymark", registry)
		if _, err := checker.Login(t.Context(), d.ID, d.Password(t, now)); waymark.CodeOf(err) != test.want {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if active := checker.Active(t.Context(), d.ID); active != (test.want == "") {
			t.Errorf("%s: active %t", name, active)
		}
	}
}

// A login by an edge ends with the edge's own key.
func TestLoginByAnEdgeEndsWithItsKey(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	held, edge := d.Record(t, waymark.DeviceActive), d.Record(t, waymark.DeviceActive)
	held.Keys[0].Edge, edge.ID = "edge-1", "edge-1"
	for _, test := range []struct{ held, own, want time.Duration }{
		{0, time.Minute, time.Minute},
		{time.Minute, 0, time.Minute},
		{time.Minute, time.Hour, time.Minute},
		{time.Hour, time.Minute, time.Minute},
	} {
		after := func(d time.Duration) time.Time {
			if d == 0 {
				return time.Time{}
			}
			return now.Add(d)
		}
		held.Keys[0].NotAfter, edge.Keys[0].NotAfter = after(test.held), after(test.own)
		registry := struct {
			login.Authorities
			pair
		}{pair: pair{"logger-1": held, "edge-1": edge}}
		ends, err := login.New("waymark", registry).Login(t.Context(), d.ID, d.Password(t, now))
		if err != nil || !ends.Equal(now.Add(test.want)) {
			t.Errorf("%+v: ends %s after, %v", test, ends.Sub(now), err)
		}
	}
}
