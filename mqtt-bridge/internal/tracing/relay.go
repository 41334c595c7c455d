package tracing

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Gateway submits batches.
type Gateway interface {
	// Submit records a batch and returns one result a message, in order.
	Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error)
	// Follow returns what Submit would have of a batch that it left under way.
	Follow(ctx context.Context, txID string, texts []string) ([]waymark.MessageResult, error)
}

// Relay is a Gateway that makes spans.
type Relay struct {
	gateway Gateway
	tracer  trace.Tracer
}

// Traced returns g with spans.
func (p *Provider) Traced(g Gateway) *Relay { return &Relay{gateway: g, tracer: p.Tracer(scope)} }

// Submit makes the span "relay" in the trace of the first message, under which the gateway's
// spans come. In the trace of each of the others there is a span "relayed", and the two are linked
// both ways.
func (r *Relay) Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error) {
	if len(texts) == 0 {
		return r.gateway.Submit(ctx, texts)
	}
	calling, span := r.tracer.Start(withTrace(ctx, TraceOf(texts[0])), "relay", trace.WithNewRoot(),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.Int("waymark.messages", len(texts))))
	defer span.End()
	for _, text := range texts[1:] {
		_, other := r.tracer.Start(withTrace(ctx, TraceOf(text)), "relayed", trace.WithNewRoot(),
			trace.WithLinks(trace.Link{SpanContext: span.SpanContext()}))
		span.AddLink(trace.Link{SpanContext: other.SpanContext()})
		other.End()
	}
	results, err := r.gateway.Submit(calling, texts)
	if err != nil {
		span.SetStatus(codes.Error, "the batch was not answered")
	}
	return results, err
}

// Follow makes the span "follow" in the trace of the first message.
func (r *Relay) Follow(ctx context.Context, txID string, texts []string) ([]waymark.MessageResult, error) {
	if len(texts) == 0 {
		return r.gateway.Follow(ctx, txID, texts)
	}
	calling, span := r.tracer.Start(withTrace(ctx, TraceOf(texts[0])), "follow", trace.WithNewRoot(),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("waymark.tx_id", txID)))
	defer span.End()
	results, err := r.gateway.Follow(calling, txID, texts)
	if err != nil {
		span.SetStatus(codes.Error, "the batch has no end yet")
	}
	return results, err
}
