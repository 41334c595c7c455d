package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
)

// notReady is what a gateway that is not ready fails with.
type notReady struct{ report health.Report }

func (n *notReady) Error() string { return n.report.Err().Error() }

func (n *notReady) Unwrap() error { return n.report.Err() }

func serveReadiness(s *service, c *gin.Context) error {
	report := s.health.Check(c.Request.Context())
	if !report.Ready {
		return &notReady{report}
	}
	return s.respond(c, http.StatusOK, client.Readiness{Status: "ready", Parts: partsOf(report)})
}

// partsOf are the parts of a report as they are told.
func partsOf(r health.Report) []client.Part {
	parts := make([]client.Part, len(r.Rows))
	for i, row := range r.Rows {
		parts[i] = client.Part{Part: row.Part, Ready: row.Ready, Optional: row.Optional, Since: row.Since, Detail: row.Detail}
	}
	return parts
}
