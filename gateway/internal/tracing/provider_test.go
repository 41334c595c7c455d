package tracing_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" // its caller did not sample it

// received are the spans that a collector got, by name, and the credential that came with them.
type received struct {
	spans map[string]*otlp.Span
	token string
}

// collect serves a collector that answers with status.
func collect(t *testing.T, status int) (*received, string) {
	t.Helper()
	got := &received{spans: make(map[string]*otlp.Span)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil {
			t.Error(err)
		}
		got.token = r.Header.Get("Authorization")
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					got.spans[span.GetName()] = span
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return got, server.URL + "/v1/traces"
}

func header(traceparent string) http.Header {
	h := make(http.Header)
	h.Set("Traceparent", traceparent)
	return h
}

func TestSpansReachTheCollector(t *testing.T) {
	got, endpoint := collect(t, http.StatusOK)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := tracing.New(tracing.Options{Endpoint: endpoint, TokenFile: token, Ratio: 1}, zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := p.Serve(t.Context(), header(parent), "request", "")
	if tracing.ID(ctx) != parent[3:35] {
		t.Errorf("the trace is %s", tracing.ID(ctx))
	}
	_, end := tracing.Start(ctx, "endorse", tracing.TxID("abc"))
	end(waymark.Errorf(waymark.Conflict, "secret of an answer"))
	span.End()
	p.Close()
	request, endorse := got.spans["request"], got.spans["endorse"]
	if request == nil || endorse == nil || string(endorse.GetParentSpanId()) != string(request.GetSpanId()) ||
		string(endorse.GetTraceId()) != string(request.GetTraceId()) {
		t.Fatalf("request %v, endorse %v", request, endorse)
	}
	if endorse.GetStatus().GetMessage() != "conflict" || len(endorse.GetAttributes()) != 1 {
		t.Errorf("endorse %v", endorse)
	}
	if got.token != "Bearer secret" {
		t.Errorf("credential %q", got.token)
	}
}

func TestACollectorThatRefusesIsCounted(t *testing.T) {
	_, endpoint := collect(t, http.StatusBadRequest)
	registry := prometheus.NewRegistry()
	p, err := tracing.New(tracing.Options{Endpoint: endpoint, Ratio: 1}, zap.NewNop(), registry)
	if err != nil {
		t.Fatal(err)
	}
	_, span := p.Serve(t.Context(), header("not a header"), "request", "")
	span.End()
	p.Close()
	if n, err := testutil.GatherAndCount(registry, "waymark_gateway_trace_export_failures_total"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	families, err := registry.Gather()
	if err != nil || families[0].GetMetric()[0].GetCounter().GetValue() != 1 {
		t.Errorf("%v, %v", families, err)
	}
}

func TestWithoutACollector(t *testing.T) {
	p, err := tracing.New(tracing.Options{}, zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := p.Serve(t.Context(), header(parent), "request", "")
	_, end := tracing.Start(ctx, "endorse")
	end(errors.New("x"))
	span.End()
	if tracing.ID(ctx) != parent[3:35] { // still found in logs
		t.Errorf("the trace is %q", tracing.ID(ctx))
	}
	if ctx, _ := p.Serve(t.Context(), nil, "request", ""); tracing.ID(ctx) != "" {
		t.Errorf("a trace %s of nobody", tracing.ID(ctx))
	}
	p.Close()
	for _, o := range []tracing.Options{
		{Endpoint: "https://h/", CAFile: "/nowhere"}, {Endpoint: "https://h/", TokenFile: "/nowhere"}, {Endpoint: "https://h/", CAFile: "provider_test.go"},
	} {
		if _, err := tracing.New(o, zap.NewNop(), prometheus.NewRegistry()); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
