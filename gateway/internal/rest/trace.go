package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

// trace makes the span of a request, once its caller is known: a stranger makes none.
func (s *service) trace(c *gin.Context) {
	ex := exchangeOf(c)
	ctx, span := s.traces.Serve(c.Request.Context(), c.Request.Header, ex.route.id, string(ex.caller.Identity))
	defer span.End()
	ex.traceID = tracing.ID(ctx)
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	span.SetAttributes(
		attribute.String("http.request.method", c.Request.Method),
		attribute.String("http.route", ex.route.path),
		attribute.Int("http.response.status_code", c.Writer.Status()),
		attribute.String("waymark.request_id", ex.requestID),
	)
	if ex.txID != "" {
		span.SetAttributes(tracing.TxID(ex.txID))
	}
	if c.Writer.Status() >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(c.Writer.Status()))
	}
}
