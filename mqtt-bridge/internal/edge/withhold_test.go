package edge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A device that is suspended while its logger goes on does not fill the outbox for all: beyond its part nothing more is signed for it, and those
// of another go up.
func TestADeviceThatIsRefusedFillsItsPartAlone(t *testing.T) {
	p := newPlant(t)
	p.config.StoreBytes = 24000 // a third for each
	p.gateway.Register(waymark.Device{ID: "logger-1", Owner: "producer", State: waymark.DeviceSuspended})
	p.startBridge(t)
	p.startEdge(t)
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
