package tracing

import (
	"context"
	"net/http"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Serve begins the span of a request by who acts as identity, below the caller's if its header
// traceparent (W3C Trace Context) names one.
func (p *Provider) Serve(ctx context.Context, h http.Header, name, identity string) (context.Context, trace.Span) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(h))
	if slices.Contains(p.follow, identity) {
		ctx = follow(ctx)
	}
	return p.Tracer(scope).Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
}

// Start begins a span below that of ctx. end ends it, with the code of the error that its work
// came to, nil for none, and what has become known meanwhile.
func Start(ctx context.Context, name string, attributes ...attribute.KeyValue) (_ context.Context, end func(error, ...attribute.KeyValue)) {
	tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer(scope)
	ctx, span := tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error, learnt ...attribute.KeyValue) {
		span.SetAttributes(learnt...)
		if err != nil {
			span.SetStatus(codes.Error, string(waymark.CodeOf(err)))
		}
		span.End()
	}
}

// ID is the trace of ctx in 32 hexadecimal digits, or empty.
func ID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// Transaction is the attribute that names a contract function.
func Transaction(name waymark.Transaction) attribute.KeyValue {
	return attribute.String("waymark.transaction", string(name))
}

// Block is the attribute that names a block.
func Block(number uint64) attribute.KeyValue {
	return attribute.Int64("waymark.block_number", int64(number)) //nolint:gosec // no chain is that long
}

// Status is the attribute that says how a transaction was judged.
func Status(name string) attribute.KeyValue { return attribute.String("waymark.status", name) }

const txIDKey = "waymark.tx_id"

// TxID is the attribute that names a transaction.
func TxID(id string) attribute.KeyValue { return attribute.String(txIDKey, id) }
