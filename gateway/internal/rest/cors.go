package rest

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// What a page of a configured origin may send and read, and for how many seconds a browser may remember it.
const (
	corsMethods = "DELETE, GET, HEAD, POST, PUT"
	corsRequest = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, Traceparent, X-Request-Id"
	corsAnswer  = "ETag, Idempotency-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, Waymark-Block, X-Request-Id"
	corsMaxAge  = "600"
)

// shareWith lets browsers hand answers to pages of these origins, which are compared as they
// are. Cookies and client certificates are no part of it: a page brings a token.
func shareWith(origins []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(origins) == 0 {
			return
		}
		c.Writer.Header().Add("Vary", "Origin")
		given := c.Request.Header.Values("Origin")
		if len(given) != 1 || !slices.Contains(origins, given[0]) {
			return
		}
		c.Header("Access-Control-Allow-Origin", given[0])
		if c.Request.Method != http.MethodOptions {
			c.Header("Access-Control-Expose-Headers", corsAnswer)
			return
		}
		c.Header("Access-Control-Allow-Methods", corsMethods)
		c.Header("Access-Control-Allow-Headers", corsRequest)
		c.Header("Access-Control-Max-Age", corsMaxAge)
	}
}
