package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/api"
	"github.com/waymark-ledger/waymark/gateway/client"
)

const (
	metricsPath = "/metrics"
	healthPath  = "/healthz"
	readyPath   = "/readyz"
)

// healthRoutes are those that say how the gateway is, free of a rate.
func healthRoutes() []route {
	var health []route
	for _, r := range systemRoutes() {
		if r.path == healthPath || r.path == readyPath {
			r.free = true
			health = append(health, r)
		}
	}
	return health
}

func systemRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: healthPath, id: "getHealth", tag: tagSystem, open: true,
			summary: "Whether this process serves", result: client.Health{},
			doc: documented{about: "For anybody: it needs no credential, and counts by address. It asks no other part."},
			serve: func(s *service, c *gin.Context) error {
				return s.respond(c, http.StatusOK, client.Health{Status: "ok"})
			},
		},
		{
			method: http.MethodGet, path: readyPath, id: "getReadiness", tag: tagSystem, open: true,
			summary: "Whether the parts of this gateway work; if not, what is wrong and since when", result: client.Readiness{},
			doc:   documented{about: "For anybody: it needs no credential, and counts by address. The parts are asked at most once in a second. `unavailable` with the parts if one that is needed does not work."},
			serve: serveReadiness,
		},
		{
			method: http.MethodGet, path: metricsPath, id: "getMetrics", tag: tagSystem, open: true,
			summary: "Metrics in Prometheus' text format, unless they are served on an address of their own",
			doc:     documented{media: "text/plain", about: "For anybody: it needs no credential, and counts by address. They are gathered at most once in a second. With `listen_operations` it is served there alone, and is `not_found` here."},
			serve:   serveMetrics,
		},
		{
			method: http.MethodGet, path: "/openapi.json", id: "getOpenAPI", tag: tagSystem, open: true,
			summary: "This document",
			doc:     documented{media: jsonMedia, about: "For anybody: it needs no credential, and counts by address. It is the same in every gateway of this version."},
			serve: func(_ *service, c *gin.Context) error {
				c.Data(http.StatusOK, jsonMedia, api.Document())
				return nil
			},
		},
	}
}
