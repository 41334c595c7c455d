//go:build faults

package edge_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// An edge whose disk is full starts, publishes what it holds and takes nothing more; once there is room it goes on by itself, and
// everything is signed once. (needs root, for a small disk)
func TestFullDiskHoldsTheLoggersBackAndItGoesOn(t *testing.T) {
	p, dir := newPlant(t), boltfiletest.SmallDisk(t, "8m")
	p.config.StoreDir, p.config.StoreFreeBytes = filepath.Join(dir, "edge"), 1<<20
	stop := p.startEdge(t) // and no bridge
	client := p.logger(t, "logger")
	for i := range 20 {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	waitFor(t, "20 readings", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_readings_total 20") })
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, make([]byte, 8<<20), 0o600) // as much as fits
	for i := 20; i < 40; i++ {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	full := func() bool { return ready(t, p.config.Listen) == http.StatusServiceUnavailable }
	waitFor(t, "the edge to say that it takes nothing", full)
	stop()
	e, err := edge.Open(p.config, zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)))
	if err != nil {
		t.Fatalf("it does not start on a full disk: %v", err)
	}
	run(t, e.Run, e.Close)
	p.startBridge(t)
	waitFor(t, "what it holds", func() bool { return len(p.ledger(t, "logger-1")) == 20 })
	waitFor(t, "the edge to say that it takes nothing", full)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "everything", func() bool { return len(p.ledger(t, "logger-1")) == 40 })
	once(t, p, "logger-1", 40)
}
