package tracing_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/tracing"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeGateway remembers the span that it was called in.
type fakeGateway struct {
	called trace.SpanContext
	err    error
}

func (g *fakeGateway) Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error) {
	g.called = trace.SpanContextFromContext(ctx)
	return make([]waymark.MessageResult, len(texts)), g.err
}

func (g *fakeGateway) Follow(ctx context.Context, _ string, texts []string) ([]waymark.MessageResult, error) {
	return g.Submit(ctx, texts)
}

// collect serves a collector; after the provider was closed it has all spans by their trace.
func collect(t *testing.T) (spans map[string]*otlp.Span, endpoint string) {
	t.Helper()
	spans = make(map[string]*otlp.Span)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					spans[string(span.GetTraceId())] = span
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	return spans, server.URL
}

func TestTraceOf(t *testing.T) {
	// printf %s hello | sha256sum | cut -c 1-32
	const want = "2cf24dba5fb0a30e26e83b2ac5b9e29e"
	for _, text := range []string{"hello", "hello~disclosed~more"} {
		if got := tracing.TraceOf(text).String(); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestEveryMessageHasItsTrace(t *testing.T) {
	spans, endpoint := collect(t)
	p, err := tracing.New(tracing.Options{Endpoint: endpoint, Ratio: 1}, zap.NewNop(), func() { t.Error("not taken") })
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, waymark.MaxBatchMessages)
	for i := range texts {
		texts[i] = "message " + string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	g := &fakeGateway{err: errors.New("away")}
	results, err := p.Traced(g).Submit(t.Context(), texts)
	if len(results) != len(texts) || !errors.Is(err, g.err) {
		t.Errorf("%d results, %v", len(results), err)
	}
	p.Close()
	if g.called.TraceID() != tracing.TraceOf(texts[0]) || !g.called.IsSampled() {
		t.Errorf("the gateway is called in %v", g.called)
	}
	if len(spans) != len(texts) {
		t.Fatalf("%d traces of %d messages", len(spans), len(texts))
	}
	linked := make(map[string]bool)
	for i, text := range texts {
		id := tracing.TraceOf(text)
		span := spans[string(id[:])]
		switch {
		case span == nil:
			t.Fatalf("no span of message %d", i)
		case i == 0:
			for _, link := range span.GetLinks() {
				linked[string(link.GetTraceId())] = true
			}
		case !linked[string(id[:])]:
			t.Errorf("message %d is not linked", i)
		case len(span.GetLinks()) != 1 || string(span.GetLinks()[0].GetSpanId()) != string(spanOf(g)):
			t.Errorf("message %d does not lead to the relay: %v", i, span)
		}
	}
}

func spanOf(g *fakeGateway) []byte {
	id := g.called.SpanID()
	return id[:]
}

func TestWithoutACollector(t *testing.T) {
	p, err := tracing.New(tracing.Options{}, zap.NewNop(), func() { t.Error("no collector failed") })
	if err != nil {
		t.Fatal(err)
	}
	g := &fakeGateway{}
	if results, err := p.Traced(g).Submit(t.Context(), []string{"a", "b"}); err != nil || len(results) != 2 || g.called.IsValid() {
		t.Errorf("%v, %v, %v", results, err, g.called)
	}
	p.Close()
}

// What is under way stays in the trace of the first message.
func TestFollowIsInTheTrace(t *testing.T) {
	spans, endpoint := collect(t)
	p, err := tracing.New(tracing.Options{Endpoint: endpoint, Ratio: 1}, zap.NewNop(), func() { t.Error("not taken") })
	if err != nil {
		t.Fatal(err)
	}
	g := &fakeGateway{}
	if results, err := p.Traced(g).Follow(t.Context(), "tx", []string{"a", "b"}); err != nil || len(results) != 2 {
		t.Errorf("%v, %v", results, err)
	}
	p.Close()
	id := tracing.TraceOf("a")
	if g.called.TraceID() != id || spans[string(id[:])].GetName() != "follow" {
		t.Errorf("called in %v, spans %v", g.called, spans)
	}
}
