package rest

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
	"go.uber.org/zap"
)

// authenticate lets only known callers pass. What the others may ask is bounded by address.
func (s *service) authenticate(c *gin.Context) {
	caller, err := s.auth.Authenticate(c.Request)
	exchangeOf(c).caller = caller // known, perhaps, also if it may not act
	if err == nil {
		c.Request = c.Request.WithContext(share.As(c.Request.Context(), caller.ID))
		return
	}
	reason := string(waymark.CodeOf(err))
	if tooMany := s.take(c, throttle.Anonymous, addressOf(c.Request)); tooMany != nil {
		err, reason = tooMany, throttled
	}
	s.metrics.refused.WithLabelValues(reason).Inc()
	fail(c, err)
}

// recover turns a panic into a problem document. The connection survives.
func (s *service) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // net/http's own way to drop a connection
		}
		s.log.Error("panic", zap.String("request_id", exchangeOf(c).requestID), zap.ByteString("stack", debug.Stack()))
		if !c.Writer.Written() {
			fail(c, fmt.Errorf("panic: %v", cause))
		}
	}()
	c.Next()
}

// secure sets the headers that every answer has.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// noPath answers a request whose path has no method at all.
func noPath(c *gin.Context) {
	fail(c, waymark.Errorf(waymark.NotFound, "there is nothing at this path: see /openapi.json"))
}

// otherMethod answers a request whose path has other methods, which the header Allow names.
func otherMethod(c *gin.Context) {
	if c.Request.Method == http.MethodOptions {
		c.Header("Allow", c.Writer.Header().Get("Allow")+", OPTIONS")
		c.Status(http.StatusNoContent)
		return
	}
	fail(c, &httpError{http.StatusMethodNotAllowed,
		waymark.Errorf(waymark.Invalid, "this path does not have this method: see the header Allow")})
}
