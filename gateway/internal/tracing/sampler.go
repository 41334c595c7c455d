package tracing

import (
	"context"
	"math/rand/v2"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// followed marks a context whose remote parent says what is sampled.
type followed struct{}

func follow(ctx context.Context) context.Context { return context.WithValue(ctx, followed{}, true) }

// chance samples a request by chance alone, and so whatever its caller calls the trace and wants of
// it; what is done for the request as the request, and a request whose parent is followed as that.
type chance struct{ ratio float64 }

// ShouldSample is half of sdktrace.Sampler.
func (c chance) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	sampled := rand.Float64() < c.ratio //nolint:gosec // nobody gains by a guess
	if parent.IsValid() && (!parent.IsRemote() || p.ParentContext.Value(followed{}) != nil) {
		sampled = parent.IsSampled()
	}
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: parent.TraceState()}
	if sampled {
		result.Decision = sdktrace.RecordAndSample
	}
	return result
}

// Description is the other half.
func (chance) Description() string { return "by chance" }
