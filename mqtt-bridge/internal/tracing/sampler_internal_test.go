package tracing

import (
	"encoding/binary"
	"hash/maphash"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TestNoIDDecidesWhatIsSampled: of many processes a part samples an id, whichever it is, and each
// decides it always alike.
func TestNoIDDecidesWhatIsSampled(t *testing.T) {
	const processes, slack = 4000, 200 // slack is more than seven standard deviations
	low, high := trace.TraceID{15: 1}, trace.TraceID{}
	binary.BigEndian.PutUint64(high[:], 1<<64-1)
	binary.BigEndian.PutUint64(high[8:], 1<<64-1)
	for _, tt := range []struct{ ratio, least, most float64 }{
		{0, 0, 0}, {1, processes, processes}, {0.25, processes/4 - slack, processes/4 + slack},
	} {
		for _, id := range []trace.TraceID{low, high, TraceOf("a message")} {
			sampled := 0.0
			for range processes {
				s := sampler{tt.ratio, maphash.MakeSeed()}
				p := sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: id}
				first := s.ShouldSample(p).Decision
				if s.ShouldSample(p).Decision != first {
					t.Fatalf("%s is decided otherwise the second time", id)
				}
				if first == sdktrace.RecordAndSample {
					sampled++
				}
			}
			if sampled < tt.least || sampled > tt.most {
				t.Errorf("ratio %v: %v of %d sample %s", tt.ratio, sampled, processes, id)
			}
		}
	}
}
