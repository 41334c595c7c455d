package tracing

import (
	"hash/maphash"
	"math"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// sampler samples a trace by its id and a secret of this process: all spans of a message are sent or
// none, and no device can make messages that are traced, or that are not.
type sampler struct {
	ratio  float64
	secret maphash.Seed
}

// ShouldSample is half of sdktrace.Sampler.
func (s sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	if float64(maphash.Bytes(s.secret, p.TraceID[:]))/math.MaxUint64 < s.ratio || s.ratio == 1 {
		result.Decision = sdktrace.RecordAndSample
	}
	return result
}

// Description is the other half.
func (sampler) Description() string { return "by id and secret" }
