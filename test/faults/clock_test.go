//go:build e2e && linux

package faults_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/device"
)

// clockMessages is how many messages a device sends by a wrong clock, and how many once it is right.
const clockMessages = 20

// wrongFor is how long a process works by a wrong clock.
const wrongFor = 8 * time.Second

// clocks are the rows of clocks that are wrong.
func clocks() []fault {
	rows := []fault{
		{name: "a device's clock is 20 minutes ahead", inflict: deviceClock(wrongBy, false), quarantined: map[string]int{"invalid": clockMessages}, remark: "Its login is refused."},
		{name: "a device's clock is 20 minutes behind", inflict: deviceClock(-wrongBy, true), quarantined: map[string]int{"invalid": clockMessages},
			remark: "It was registered a moment ago, by its own clock in the future."},
	}
	for _, p := range []struct{ what, name, remark string }{
		{what: "bridge", name: "mqtt-bridge"},
		{what: "bridge's gateway", name: "gateway.producer"},
		{what: "chaincode of the gateway's peer", name: "chaincode.producer"},
		{what: "chaincode of another member", name: "chaincode.carrier"},
		{what: "gateway's peer", name: "peer.producer"},
	} {
		rows = append(rows, fault{name: "the clock of the " + p.what + " is 20 minutes ahead", alone: true, remark: p.remark,
			inflict: func(ctx context.Context, t *testing.T, _ *row) {
				right := wrongly(ctx, t, p.name)
				pause(ctx, wrongFor)
				right()
			}})
	}
	return rows
}

// deviceClock lets a device send by a clock that goes wrong while it is connected, log in by it, and
// send once it is right again.
func deviceClock(off time.Duration, mayLogIn bool) inflicting {
	return func(ctx context.Context, t *testing.T, r *row) {
		t.Helper()
		s := r.newSource(ctx, t)
		s.sendMany(ctx, t, clockMessages, off)
		if err := s.session.Close(); err != nil {
			t.Fatal(err)
		}
		wrong := func() time.Time { return time.Now().Add(off) }
		session, err := s.device.Connect(ctx, device.Broker{URL: r.at.MQTT.URL, CAFile: r.at.MQTT.CAFile, Now: wrong})
		switch {
		case err == nil:
			if err := session.Close(); err != nil || !mayLogIn {
				t.Errorf("it could log in (%v)", err)
			}
		case mayLogIn || !errors.Is(err, device.ErrRefused):
			t.Errorf("it logs in: %v", err)
		}
		s.connect(ctx, t, r.site, device.Broker{})
		s.sendMany(ctx, t, clockMessages, 0)
	}
}

// sendMany sends messages of readings at times that are off, and returns once they are acknowledged.
func (s *source) sendMany(ctx context.Context, t *testing.T, n int, off time.Duration) {
	t.Helper()
	for range n {
		if err := s.send(ctx, time.Now().Add(off)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.session.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}
