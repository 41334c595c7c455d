package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Status is the answer of the health endpoints.
type Status struct {
	Status string `json:"status"`
}

func systemRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/healthz", id: "getHealth", tag: tagSystem, open: true,
			summary: "Whether this process serves", result: Status{},
			serve: func(_ *service, c *gin.Context) error {
				return respond(c, http.StatusOK, Status{Status: "ok"})
			},
		},
		{
			method: http.MethodGet, path: "/readyz", id: "getReadiness", tag: tagSystem, open: true,
			summary: "Whether the ledger answers; if not, what is wrong", result: Status{},
			serve: func(s *service, c *gin.Context) error {
				if err := s.readiness.check(c.Request.Context()); err != nil {
					return err
				}
				return respond(c, http.StatusOK, Status{Status: "ready"})
			},
		},
		{
			method: http.MethodGet, path: "/metrics", id: "getMetrics", tag: tagSystem, open: true,
			summary: "Metrics in Prometheus' text format",
			serve: func(s *service, c *gin.Context) error {
				promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(c.Writer, c.Request)
				return nil
			},
		},
		{
			method: http.MethodGet, path: "/openapi.json", id: "getOpenAPI", tag: tagSystem, open: true,
			summary: "This document",
			serve: func(s *service, c *gin.Context) error {
				c.Data(http.StatusOK, jsonMedia, s.openapi)
				return nil
			},
		},
	}
}
