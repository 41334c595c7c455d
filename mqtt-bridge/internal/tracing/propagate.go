package tracing

import (
	"net/http"

	"go.opentelemetry.io/otel/propagation"
)

// Propagate tells whom next calls of the span that the request is made in, by the header
// traceparent (W3C Trace Context).
func Propagate(next http.RoundTripper) http.RoundTripper { return propagating{next} }

type propagating struct{ next http.RoundTripper }

// RoundTrip sends the request.
func (p propagating) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	r = r.Clone(ctx)
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return p.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client close those of next.
func (p propagating) CloseIdleConnections() {
	if closer, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
