package tracing

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// disclosed stands between a message and the disclosures that may follow it. Those are not
// everybody's, so the trace does not depend on them.
const disclosed = "~"

// TraceOf is the trace of a message: the first 16 bytes of the SHA-256 of its text, without
// disclosures. In a shell: printf %s "$message" | sha256sum | cut -c 1-32
func TraceOf(text string) trace.TraceID {
	public, _, _ := strings.Cut(text, disclosed)
	sum := sha256.Sum256([]byte(public))
	return trace.TraceID(sum[:len(trace.TraceID{})])
}

// traceKey is where a context holds the id for a new trace.
type traceKey struct{}

// withTrace makes the next root span of ctx one of that trace.
func withTrace(ctx context.Context, id trace.TraceID) context.Context {
	return context.WithValue(ctx, traceKey{}, id)
}

// ids gives spans their ids: traces those that withTrace chose, all else random ones.
type ids struct{}

// NewIDs is half of sdktrace.IDGenerator.
func (g ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, ok := ctx.Value(traceKey{}).(trace.TraceID)
	if !ok {
		fill(id[:])
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID is the other half.
func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	fill(id[:])
	return id
}

// fill makes an id, which all zeros would not be.
func fill(id []byte) {
	for i := range id {
		id[i] = byte(rand.Uint32()) //nolint:gosec // an id needs no secrecy
	}
	id[0] |= 1
}
