package tracing_test

import (
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// provider samples by ratio, and follows the identity relay.
func provider(t *testing.T, ratio float64) *tracing.Provider {
	t.Helper()
	_, endpoint := collect(t, http.StatusOK)
	o := tracing.Options{Endpoint: endpoint, Ratio: ratio, Follow: []string{"relay"}}
	p, err := tracing.New(o, zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestNoCallerDecidesWhatIsSampled: by no id of a trace and by no flag is more or less of its requests
// sampled than by the ratio.
func TestNoCallerDecidesWhatIsSampled(t *testing.T) {
	const requests, ratio, slack = 4000, 0.25, 200 // slack is more than seven standard deviations
	p := provider(t, ratio)
	for name, traceparent := range map[string]string{
		"none":                         "",
		"wanted":                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"not wanted":                   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		"an id that is below any part": "00-00000000000000010000000000000000-b7ad6b7169203331-01",
		"an id that is above any part": "00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-00",
	} {
		sampled := 0
		for range requests {
			ctx, span := p.Serve(t.Context(), header(traceparent), "request", "operator")
			if traceparent != "" && tracing.ID(ctx) != traceparent[3:35] {
				t.Fatalf("%s: the trace is %s", name, tracing.ID(ctx))
			}
			if span.SpanContext().IsSampled() {
				sampled++
			}
		}
		if sampled < requests*ratio-slack || sampled > requests*ratio+slack {
			t.Errorf("%s: %d of %d are sampled", name, sampled, requests)
		}
	}
}

// TestWhatIsDoneForARequestIsSampledAsIt, so that none is told in part.
func TestWhatIsDoneForARequestIsSampledAsIt(t *testing.T) {
	p := provider(t, 0.5)
	seen := make(map[bool]bool)
	for len(seen) < 2 {
		ctx, request := p.Serve(t.Context(), nil, "request", "operator")
		within, _ := tracing.Start(ctx, "endorse")
		sampled := request.SpanContext().IsSampled()
		if trace.SpanContextFromContext(within).IsSampled() != sampled {
			t.Fatalf("the request is sampled: %t, and a part of it is not so", sampled)
		}
		seen[sampled] = true
	}
}

// TestWhoIsFollowedDecides, where it has a trace; else chance does.
func TestWhoIsFollowedDecides(t *testing.T) {
	for _, tt := range []struct {
		name, flag, identity string
		ratio                float64
		want                 bool
	}{
		{"wanted", "01", "relay", 0, true},
		{"not wanted", "00", "relay", 1, false},
		{"wanted by another", "01", "operator", 0, false},
		{"not wanted by another", "00", "operator", 1, true},
		{"no trace", "", "relay", 1, true},
		{"no trace", "", "relay", 0, false},
	} {
		traceparent := ""
		if tt.flag != "" {
			traceparent = parent[:53] + tt.flag
		}
		_, span := provider(t, tt.ratio).Serve(t.Context(), header(traceparent), "request", tt.identity)
		if got := span.SpanContext().IsSampled(); got != tt.want {
			t.Errorf("%s, by %s, ratio %v: sampled %t", tt.name, tt.identity, tt.ratio, got)
		}
	}
}
