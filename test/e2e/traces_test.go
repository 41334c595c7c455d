//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestAMessageIsOneTraceFromMQTTToItsBlock: whoever holds the message finds its trace, in which
// are the bridge's relay and the gateway's request, endorsement, submission and block; and who follows events at that gateway goes on
// with it.
func TestAMessageIsOneTraceFromMQTTToItsBlock(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	spans := collect(t)
	traced := func(more string) func(string) string {
		return func(text string) string { return text + fmt.Sprintf("traces: {endpoint: %q%s}\n", spans.url, more) }
	}
	// The gateway samples what the bridge did, and nothing else.
	configure(ctx, t, "gateway.producer", filepath.Join(local.Dir(), "members", "producer", "gateway.yaml"), traced(", sample_ratio: 0, follow: [relay]"))
	configure(ctx, t, "mqtt-bridge", filepath.Join(local.Dir(), "bridge", "mqtt-bridge.yaml"), traced(""))

	d := logger(ctx, t, attest.Ed25519)
	s := connect(ctx, t, d)
	streaming, leave := context.WithCancel(ctx)
	defer leave()
	events := following(streaming, operator(t, "producer"), waymark.EventsQuery{Kind: waymark.EventTelemetryRecorded, Device: d.ID(), After: "0:0:0"})
	m := sign(t, d, attest.COSE, 400)
	if err := s.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
	awaitStream(ctx, t, d.ID(), 1)
	trace := traceOf(m)
	chain := []string{"relay", "recordMessages", "block", "submit"}
	found := spans.await(ctx, t, trace, append(chain, "endorse"))
	for i, name := range chain[1:] {
		if above := found[chain[i]]; string(found[name].GetParentSpanId()) != string(above.GetSpanId()) {
			t.Errorf("%s is not below %s", name, chain[i])
		}
	}
	if string(found["endorse"].GetParentSpanId()) != string(found["recordMessages"].GetSpanId()) {
		t.Error("the endorsement is not below the request")
	}
	said := make(map[string]string)
	for _, a := range found["block"].GetAttributes() {
		said[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if said["waymark.status"] != "VALID" || len(said["waymark.tx_id"]) != 64 {
		t.Errorf("the block says %v", said)
	}
	for !events.has(said["waymark.tx_id"]) {
		select {
		case <-ctx.Done():
			t.Fatal("the event did not come")
		case <-time.After(20 * time.Millisecond):
		}
	}
	if got, want := events.last().TraceParent, fmt.Sprintf("00-%s-%x-01", trace, found["block"].GetSpanId()); got != want {
		t.Errorf("the event has the traceparent %q, want %q", got, want)
	}
}

// traceOf is the trace of a message as the documentation says how to find it.
func traceOf(m device.Message) string {
	sum := sha256.Sum256([]byte(m.Text()))
	return fmt.Sprintf("%x", sum[:16])
}

// collected are the spans that came to a collector.
type collected struct {
	url string

	mu    sync.Mutex
	spans map[string]map[string]*otlp.Span // by trace and name
}

// collect serves a collector of OTLP over HTTP.
func collect(t *testing.T) *collected {
	t.Helper()
	c := &collected{spans: make(map[string]map[string]*otlp.Span)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil {
			t.Errorf("the collector was sent something else: %v", err)
		}
		c.add(&request)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	c.url = server.URL + "/v1/traces"
	return c
}

func (c *collected) add(request *collector.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				trace := fmt.Sprintf("%x", span.GetTraceId())
				if c.spans[trace] == nil {
					c.spans[trace] = make(map[string]*otlp.Span)
				}
				c.spans[trace][span.GetName()] = span
			}
		}
	}
}

// await returns the spans of a trace once it has all of those names.
func (c *collected) await(ctx context.Context, t *testing.T, trace string, names []string) map[string]*otlp.Span {
	t.Helper()
	for {
		found, missing := c.of(trace, names)
		if missing == "" {
			return found
		}
		select {
		case <-ctx.Done():
			t.Fatalf("trace %s has no span %s, only %v", trace, missing, found)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// of returns the spans of a trace, and a name that is missing.
func (c *collected) of(trace string, names []string) (found map[string]*otlp.Span, missing string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found = make(map[string]*otlp.Span)
	for name, span := range c.spans[trace] {
		found[name] = span
	}
	for _, name := range names {
		if found[name] == nil {
			missing = name
		}
	}
	return found, missing
}
