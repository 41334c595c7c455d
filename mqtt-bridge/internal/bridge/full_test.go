//go:build faults

package bridge_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// smallDisk puts the spool on a disk of its own.
func (s *site) smallDisk(t *testing.T, megabytes int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Fatalf("this test mounts a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	s.config.SpoolDir = filepath.Join(dir, "spool")
	return dir
}

// A disk that fills up: below min_free_bytes devices are kept out; while nothing can be written nothing is acknowledged. Either way what was acknowledged arrives, and devices come in again by
// themselves once there is room.
func TestFullDiskHoldsDevicesBackAndItGoesOn(t *testing.T) {
	for _, test := range []struct {
		name    string
		minFree int64
		fill    int64 // megabytes of 64 that something else takes at once
	}{
		{"nearly full", 24 << 20, 45},
		{"full at once", 1 << 20, 64},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			dir := s.smallDisk(t, 64)
			s.config.Embedded.MinFreeBytes = test.minFree
			d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
			s.gateway.Register(d.Record(t, waymark.DeviceActive))
			s.spawn(t)
			w := writer{site: s, device: d, client: s.connectSoon(t, d)}
			w.write(t, 100)
			filler := filepath.Join(dir, "filler")
			_ = os.WriteFile(filler, make([]byte, test.fill<<20), 0o600) // as much as fits
			for end := time.Now().Add(time.Minute); w.write(t, 1) && time.Now().Before(end); {
			}
			waitFor(t, "the bridge to say that it takes nothing", func() bool { return s.ready(t) == http.StatusServiceUnavailable })
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "it to go on", func() bool { // perhaps by one more connection
				w.client = s.connectSoon(t, d)
				return w.write(t, 100)
			})
			waitFor(t, "all that was acknowledged", func() bool { return w.arrived(s.gateway.Order(d.ID)) })
			t.Logf("%d acknowledged", len(w.acknowledged))
		})
	}
}

// writer publishes and remembers what was acknowledged; what was not it publishes again.
type writer struct {
	site         *site
	device       *gatewaytest.Device
	client       paho.Client
	waiting      [][]byte
	next         uint64
	acknowledged []uint64
}

// write publishes messages one by one until n were acknowledged, or one is not.
func (w *writer) write(t *testing.T, n int) bool {
	t.Helper()
	for range n {
		if len(w.waiting) == 0 {
			w.waiting = append(w.waiting, w.device.NextOf(t, 4<<10))
			w.next++
		}
		token := w.client.Publish("waymark/v1/"+w.device.ID+"/up", 1, false, w.waiting[0])
		if !token.WaitTimeout(5*time.Second) || token.Error() != nil {
			return false
		}
		w.acknowledged, w.waiting = append(w.acknowledged, w.next), nil
	}
	return true
}

// arrived reports whether the ledger has all that was acknowledged, in order.
func (w *writer) arrived(recorded []uint64) bool {
	for _, n := range w.acknowledged {
		if !slices.Contains(recorded, n) {
			return false
		}
	}
	return slices.IsSorted(recorded)
}
