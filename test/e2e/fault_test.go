//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// What a fault test streams: long enough that the fault falls in the middle.
const (
	faultDevices  = 3
	faultMessages = 150
	faultInterval = 20 * time.Millisecond
	faultAfter    = time.Second
	faultDown     = time.Second
)

// P1, P2: whatever dies in the middle of a stream, what was acknowledged is on
// every peer, once.
func TestKillInTheMiddleOfAStream(t *testing.T) {
	for _, victim := range []struct {
		name  string
		comes bool // back by itself
	}{
		{"mqtt-bridge", false},
		{"gateway.producer", false},
		{"chaincode.producer", true},
		{"chaincode.carrier", true},
		{"orderer.producer", false},
		{"orderer.carrier", false},
		{"peer.producer", false},
		{"peer.retailer", false},
	} {
		t.Run(victim.name, func(t *testing.T) {
			streamThrough(t, func(ctx context.Context) {
				if err := local.Kill(ctx, victim.name); err != nil {
					t.Error(err)
				}
				time.Sleep(faultDown)
				if victim.comes {
					return
				}
				if err := local.Start(ctx, victim.name); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A stop at any moment, then up, and everything goes on from where it was.
func TestStopAllAndResumeInTheMiddleOfAStream(t *testing.T) {
	streamThrough(t, func(ctx context.Context) {
		if err := local.Down(ctx, false); err != nil {
			t.Error(err)
		}
		if _, err := local.Up(ctx, "--no-build"); err != nil {
			t.Error(err)
		}
	})
}

// streamThrough lets devices publish while fault runs, and then compares what was
// acknowledged with the ledger of every peer.
func streamThrough(t *testing.T, fault func(context.Context)) {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
	var devices []*device.Device
	done := make(chan error, faultDevices)
	for range faultDevices {
		d := logger(ctx, t, attest.Ed25519)
		devices = append(devices, d)
		s := connect(ctx, t, d)
		go func() { done <- stream(ctx, d, s) }()
	}
	time.Sleep(faultAfter)
	fault(ctx)
	for range devices {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	last := map[string]uint64{}
	for _, d := range devices {
		if left := len(d.Outbox()); left > 0 {
			t.Errorf("%s: %d messages were never acknowledged", d.ID(), left)
		}
		awaitStream(ctx, t, d.ID(), faultMessages)
		last[d.ID()] = faultMessages
	}
	awaitSameHeight(ctx, t)
	everyPeerHas(t, last)
}

// stream publishes at a steady rate and waits for every PUBACK.
func stream(ctx context.Context, d *device.Device, s *device.Session) error {
	for range faultMessages {
		m, err := d.Sign(attest.COSE, temperatures(400))
		if err != nil {
			return err
		}
		if err := s.Send(ctx, m); err != nil {
			return err
		}
		time.Sleep(faultInterval)
	}
	return s.Flush(ctx)
}
