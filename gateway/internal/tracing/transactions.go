package tracing

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// maxTransactions bounds how many transactions it is known of in which trace they are.
const maxTransactions = 4096

// transactions knows of the last ones that were sampled in which trace they are: by the first span that names one. It
// is safe for concurrent use.
type transactions struct {
	mu   sync.Mutex
	in   map[string]trace.SpanContext
	ring [maxTransactions]string // their ids
	next int                     // whose place in it is taken next
}

var _ sdktrace.SpanProcessor = (*transactions)(nil)

// OnStart is told of each sampled span.
func (t *transactions) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	for _, a := range s.Attributes() {
		if a.Key == txIDKey {
			t.add(a.Value.AsString(), s.SpanContext())
		}
	}
}

func (t *transactions) add(txID string, in trace.SpanContext) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.in[txID]; known {
		return
	}
	delete(t.in, t.ring[t.next])
	t.in[txID], t.ring[t.next] = in, txID
	t.next = (t.next + 1) % maxTransactions
}

// parent is the header traceparent (W3C Trace Context) by which others go on with the trace of a transaction; empty if none is known.
func (t *transactions) parent(txID string) string {
	t.mu.Lock()
	in := t.in[txID]
	t.mu.Unlock()
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(context.Background(), in), carrier)
	return carrier["traceparent"]
}

// OnEnd, Shutdown and ForceFlush have nothing to do.
func (*transactions) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements sdktrace.SpanProcessor.
func (*transactions) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (*transactions) ForceFlush(context.Context) error { return nil }
