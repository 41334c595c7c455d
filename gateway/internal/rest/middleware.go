package rest

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
)

// authenticate lets only known callers pass.
func (s *service) authenticate(c *gin.Context) {
	token, ok := bearer(c.Request.Header)
	if !ok {
		fail(c, waymark.Errorf(waymark.Unauthenticated, "present a token: Authorization: Bearer TOKEN"))
		return
	}
	caller, err := s.auth.Authenticate(token)
	if err != nil {
		fail(c, err)
		return
	}
	exchangeOf(c).caller = caller
}

// bearer returns the token of the one Authorization header (RFC 6750, clause 2.1).
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	return token, found && token != "" && strings.EqualFold(scheme, "Bearer")
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
}
