package edge_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// A device that is suspended while its logger goes on does not fill the outbox for all: beyond its part nothing more is signed for it, and those
// of another go up.
func TestADeviceThatIsRefusedFillsItsPartAlone(t *testing.T) {
	p := newPlant(t)
	p.config.StoreBytes = 24000 // a third for each
	p.gateway.Register(waymark.Device{ID: "logger-1", Owner: "producer", State: waymark.DeviceSuspended})
	p.startBridge(t)
	p.startEdgeAt(t, hourly())
	client := p.logger(t, "logger")
	n, withheld := 0, `waymark_edge_withheld_total{reason="backlog"}`
	waitFor(t, "what is not signed", func() bool {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, n))
		n++
		return strings.Contains(metrics(t, p), withheld)
	})
	for i := range 20 {
		send(t, client, "loggers/logger-1", []byte(`{"t":1}`))
		send(t, client, "packs/logger-2", fmt.Appendf(nil, `[{"n":"t","u":"Cel","v":%d,"t":1772352000}]`, i))
	}
	waitFor(t, "the other", func() bool { return len(p.ledger(t, "logger-2")) == 20 })
	once(t, p, "logger-2", 20)
	if text := metrics(t, p); !strings.Contains(text, "waymark_edge_devices_refused 1") || !strings.Contains(text, "waymark_edge_outbox_largest_bytes ") {
		t.Error(text)
	}
	if status, body := readiness(t, p.config.Listen); status != http.StatusOK || !strings.Contains(body, "refuses 1 devices, as logger-1") || !strings.Contains(body, "most waits of logger-1") {
		t.Errorf("%d %s", status, body)
	}
}

// Two devices that are refused hold up no third, though that was quiet until they had filled what is anybody's.
func TestDevicesThatAreRefusedHoldUpNoQuietOne(t *testing.T) {
	p := newPlant(t)
	p.config.StoreBytes, p.config.Pack.Readings = 24000, 1
	for _, id := range []string{"logger-1", "oven-1"} {
		p.gateway.Register(waymark.Device{ID: id, Owner: "producer", State: waymark.DeviceSuspended})
	}
	p.config.Devices[2] = config.Device{ID: "oven-1", Source: "loggers"}
	p.startBridge(t)
	p.startEdgeAt(t, hourly())
	client := p.logger(t, "logger")
	for i := range 150 {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
		send(t, client, "loggers/oven-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	send(t, client, "packs/logger-2", []byte(`[{"n":"t","u":"Cel","v":1,"t":1772352000}]`))
	waitFor(t, "the third", func() bool { return len(p.ledger(t, "logger-2")) == 1 })
	if text := metrics(t, p); !strings.Contains(text, "waymark_edge_devices_refused 2") || !strings.Contains(text, "waymark_edge_devices_connected 1") {
		t.Error(text)
	}
}

// hourly is a clock on which a second is an hour.
func hourly() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(time.Since(began) * 3600) }
}

// A refusal that passes within the hour loses nothing, though the edge itself is let in all the while.
func TestARefusalThatPassesLosesNothing(t *testing.T) {
	const sent = 250
	p := newPlant(t)
	p.config.StoreBytes, p.config.Pack.Readings = 24000, 1
	now, tries := time.Now(), atomic.Int64{}
	p.gateway.Register(waymark.Device{ID: "logger-1", Owner: "producer", State: waymark.DeviceSuspended})
	p.startBridge(t)
	p.startEdgeAt(t, func() time.Time { tries.Add(1); return now })
	client := p.logger(t, "logger")
	for i := range sent {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	waitFor(t, "the end of the room", func() bool { return ready(t, p.config.Listen) == http.StatusServiceUnavailable })
	waitFor(t, "many refusals", func() bool { return tries.Load() > 6 }) // between which the edge was let in
	if text := metrics(t, p); strings.Contains(text, "waymark_edge_withheld_total") || !strings.Contains(text, "waymark_edge_devices_refused 1") {
		t.Error(text)
	}
	p.gateway.Register(waymark.Device{ID: "logger-1", Owner: "producer", State: waymark.DeviceActive, Keys: p.keys})
	waitFor(t, "all of it", func() bool {
		values := make(map[int64]bool)
		for _, r := range p.ledger(t, "logger-1") {
			values[r.Value] = true
		}
		return len(values) == sent
	})
}

// A broker that lets in nobody loses nothing, though one device alone has something to say: all is held back, and goes up once there is room.
func TestABrokerThatLetsInNobodyLosesNothing(t *testing.T) {
	const sent = 250
	p := newPlant(t)
	p.config.StoreBytes, p.config.Pack.Readings = 24000, 1
	p.bridge.Embedded.MinFreeBytes = 1 << 50 // more than there are
	b, err := bridge.Open(t.Context(), p.bridge, zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)))
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, b.Run, b.Close)
	p.startEdge(t)
	client := p.logger(t, "logger")
	send(t, client, "loggers/logger-1", []byte(`{"t":0}`))
	waitFor(t, "the edge itself to be refused", func() bool {
		_, body := readiness(t, p.config.Listen)
		return strings.Contains(body, "refuses this edge itself")
	})
	for i := 1; i < sent; i++ {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	waitFor(t, "the end of the room", func() bool { return ready(t, p.config.Listen) == http.StatusServiceUnavailable })
	stop()
	p.bridge.Embedded.MinFreeBytes = 1 << 20
	p.startBridge(t)
	waitFor(t, "all of it", func() bool {
		values := make(map[int64]bool)
		for _, r := range p.ledger(t, "logger-1") {
			values[r.Value] = true
		}
		return len(values) == sent
	})
}

// One edge on two machines: the one that finds its numbers used by the other stops to sign for the device, and says so, also after a restart. The
// other goes on.
func TestASecondEdgeWithTheSameKeyIsNoticed(t *testing.T) {
	p := newPlant(t)
	p.startBridge(t)
	p.startEdge(t)
	client := p.logger(t, "logger")
	send(t, client, "loggers/logger-1", []byte(`{"t":0}`))
	waitFor(t, "the first", func() bool { return len(p.ledger(t, "logger-1")) == 1 })
	copied := *p
	copied.config.StoreDir, copied.config.Listen, copied.config.Local.ClientID = filepath.Join(t.TempDir(), "edge"), porttest.Address(t), "the-copy"
	stopCopy := copied.startEdge(t)
	send(t, client, "loggers/logger-1", []byte(`{"t":1}`))
	forked := func() bool { return strings.Contains(metrics(t, &copied), "waymark_edge_devices_forked 1") }
	waitFor(t, "the copy to notice", forked)
	stopCopy()
	copied.startEdge(t)
	waitFor(t, "the copy to know it after a restart", forked)
	send(t, client, "loggers/logger-1", []byte(`{"t":2}`))
	waitFor(t, "what is not signed", func() bool {
		return strings.Contains(metrics(t, &copied), `waymark_edge_withheld_total{reason="forked"} 1`)
	})
	if _, body := readiness(t, copied.config.Listen); !strings.Contains(body, "somebody else signs for 1 devices, as logger-1") {
		t.Error(body)
	}
	waitFor(t, "the other edge to go on", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_readings_total 3") })
	if text := metrics(t, p); !strings.Contains(text, "waymark_edge_devices_forked 0") {
		t.Error(text)
	}
}
