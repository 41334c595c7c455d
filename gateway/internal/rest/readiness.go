package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
)

// Readiness is the answer of a gateway that is ready. One that is not answers a Problem
// with the same parts.
type Readiness struct {
	Status string       `json:"status"` // always "ready"
	Parts  []health.Row `json:"parts"`
}

// notReady is what a gateway that is not ready fails with.
type notReady struct{ report health.Report }

func (n *notReady) Error() string { return n.report.Err().Error() }

func (n *notReady) Unwrap() error { return n.report.Err() }

func serveReadiness(s *service, c *gin.Context) error {
	report := s.health.Check(c.Request.Context())
	if !report.Ready {
		return &notReady{report}
	}
	return respond(c, http.StatusOK, Readiness{Status: "ready", Parts: report.Rows})
}
