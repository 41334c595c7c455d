//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
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

// An upgrade of the chaincode loses nothing and shuts nobody out: while it runs, a device
// publishes, every gateway answers and every write is committed. Its command is killed where
// most is at stake, once members have approved and once they have committed, and a repeated
// one goes on from there.
func TestUpgradeInTheMiddleOfAStream(t *testing.T) {
	ctx := limit(t, 4*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	s := connect(ctx, t, d)
	upgraded, done := make(chan struct{}), make(chan error)
	for member := range local.at.Members {
		viewer := as(t, member, waymark.Viewer)
		go func() { done <- read(viewer, upgraded) }()
	}
	commission(ctx, t, name("item")) // registers the product
	producer := operator(t, "producer")
	go func() { done <- write(producer, upgraded) }()
	go func() { done <- streamUntil(ctx, d, s, faultInterval, upgraded) }()
	time.Sleep(faultAfter)
	for _, stage := range []string{"approve chaincode, each member", "commit chaincode"} {
		if err := killUpgradeAfter(ctx, stage); err != nil {
			t.Error(err)
		}
		if err := local.Upgrade(ctx); err != nil { // it builds nothing: members have been asked
			t.Error(err)
		}
	}
	time.Sleep(faultAfter)
	close(upgraded)
	for range len(local.at.Members) + 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	last, _ := d.Last()
	awaitStream(ctx, t, d.ID(), last)
	awaitSameHeight(ctx, t)
	everyPeerHas(t, map[string]uint64{d.ID(): last})
}

// killUpgradeAfter begins an upgrade and kills its command as soon as it says that a
// stage is over.
func killUpgradeAfter(ctx context.Context, stage string) error {
	root, err := localnet.Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".waymark", "bin", "network"), "upgrade", "--no-build", "--dir", local.Dir())
	cmd.Dir = root
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var said []string
	over := false
	for lines := bufio.NewScanner(output); !over && lines.Scan(); {
		said = append(said, lines.Text())
		over = strings.HasSuffix(lines.Text(), "s  "+stage) // a time, not "failed"
	}
	_ = cmd.Process.Kill() // unless it has ended, as what follows tells
	err = cmd.Wait()
	if !over || err == nil || err.Error() != "signal: killed" {
		return fmt.Errorf("the upgrade was not killed after %q: %w\n%s", stage, err, strings.Join(said, "\n"))
	}
	return nil
}

// read reads through a gateway until it is told to end, or is refused.
func read(a *app.App, end <-chan struct{}) error {
	return repeat(end, faultInterval, func(ctx context.Context, _ int) error {
		_, err := a.Client.Member(ctx, waymark.MemberQuery{Member: a.Member})
		return err
	})
}

// write makes shipments through a gateway until it is told to end, or is refused.
func write(a *app.App, end <-chan struct{}) error {
	return repeat(end, faultInterval, func(ctx context.Context, n int) error {
		item := waymark.Item(app.GTIN, fmt.Sprintf("upgrade-%d", n)).String()
		if _, _, err := app.Write[waymark.Commissioned](ctx, a, http.MethodPost, "/v1/goods:commission", waymark.CommissionRequest{Items: []string{item}}); err != nil {
			return err
		}
		_, _, err := app.Write[waymark.Shipment](ctx, a, http.MethodPost, "/v1/shipments", waymark.CreateShipmentRequest{
			ID: fmt.Sprintf("upgrade-%d", n), Consignee: "retailer", Conditions: []waymark.Condition{},
			Goods: []waymark.Line{{ID: item}}})
		return err
	})
}

// repeat does a thing at a steady rate until it is told to end, or fails.
func repeat(end <-chan struct{}, pause time.Duration, do func(context.Context, int) error) error {
	for n := 0; ; n++ {
		select {
		case <-end:
			return nil
		case <-time.After(pause):
		}
		if err := do(context.Background(), n); err != nil {
			return err
		}
	}
}

// streamUntil publishes after each pause until it is told to end, and waits for every PUBACK.
func streamUntil(ctx context.Context, d *device.Device, s *device.Session, pause time.Duration, end <-chan struct{}) error {
	err := repeat(end, pause, func(ctx context.Context, _ int) error {
		m, err := d.Sign(attest.COSE, temperatures(400))
		if err != nil {
			return err
		}
		return s.Send(ctx, m)
	})
	return errors.Join(err, s.Flush(ctx))
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
