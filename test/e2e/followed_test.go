//go:build e2e

package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// What the outage of the next test is made of.
const (
	outageDevices  = 3
	outageInterval = 200 * time.Millisecond
	outageAfter    = 10 * time.Second // once a batch was answered as under way
	answeredWithin = time.Minute      // the gateway's timeouts.answer, and more
)

// underWay is how often the gateway answered the bridge that a batch is under way.
const underWay = `waymark_bridge_gateway_request_seconds_count{route="messages",status="202"} `

// While nothing is ordered messages go on to come. The bridge follows what it has submitted, and submits
// nothing of it again: each message is in one transaction on the ledger.
func TestBridgeFollowsWhatIsUnderWay(t *testing.T) {
	ctx := limit(t, 4*time.Minute)
	var devices []*device.Device
	var sessions []*device.Session
	for range outageDevices {
		d := logger(ctx, t, attest.Ed25519)
		devices, sessions = append(devices, d), append(sessions, connect(ctx, t, d))
	}
	before := bridgeCounts(ctx, t, underWay)
	resume := haltOrdering(ctx, t)
	var texts []string
	send := func(until func() bool) {
		for !until() {
			for i, d := range devices {
				m := sign(t, d, attest.COSE, 400)
				texts = append(texts, m.Text())
				if err := sessions[i].Send(ctx, m); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(outageInterval)
		}
	}
	began := time.Now()
	send(func() bool { return bridgeCounts(ctx, t, underWay) != before || time.Since(began) > answeredWithin })
	if bridgeCounts(ctx, t, underWay) == before {
		t.Fatal("no batch was answered as under way")
	}
	answered := time.Now()
	send(func() bool { return time.Since(answered) > outageAfter })
	resume()
	for i, d := range devices {
		if err := sessions[i].Flush(ctx); err != nil {
			t.Error(err)
		}
		last, _ := d.Last()
		awaitStream(ctx, t, d.ID(), last)
	}
	carriedOnce(ctx, t, texts)
}

// carriedOnce checks that each message is in one transaction on the producer's peer.
func carriedOnce(ctx context.Context, t *testing.T, texts []string) {
	t.Helper()
	p, err := audit.Connect(local.at, "producer")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	carriers, err := p.Carriers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	more := 0
	for _, text := range texts {
		if len(carriers[text]) != 1 {
			more++
			t.Logf("a message is in %d transactions: %v", len(carriers[text]), carriers[text])
		}
	}
	if more > 0 || len(texts) == 0 {
		t.Errorf("%d of %d messages are not in one transaction", more, len(texts))
	}
}

// bridgeCounts is the value of a metric of the bridge, empty if it has none yet.
func bridgeCounts(ctx context.Context, t *testing.T, name string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, local.at.Bridge.URL+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.StatusCode, err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
