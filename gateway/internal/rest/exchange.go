package rest

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"go.uber.org/zap"
)

// exchange is what one request is known by, for the log and the error answer.
type exchange struct {
	requestID string
	route     route                     // zero until one was found
	caller    auth.Caller               // zero before authentication
	traceID   string                    // 32 hexadecimal digits, or empty
	txID      string                    // of the transaction concerned, if any
	signed    atomic.Pointer[signature] // by no identity of the gateway; nil until it is proved
	throttled bool                      // there were more like it than its caller or address may make
	held      share.Held                // what it holds of what is bounded, once it is admitted
	forAnswer int64                     // of held, the bytes that are for the answer too
	renewed   bool                      // it has changed nothing but for how long something holds
	effective bool                      // it has changed the ledger, and its caller must be told so
	err       error                     // why it failed, if it did
}

// exchangeKey is where Gin's context holds the exchange.
type exchangeKey struct{}

// exchangeOf returns the exchange that observe put there for every request.
func exchangeOf(c *gin.Context) *exchange {
	value, _ := c.Get(exchangeKey{})
	if ex, ok := value.(*exchange); ok {
		return ex
	}
	panic("rest: a handler runs without the observe middleware")
}

// HeaderRequestID names a request, in the gateway's log too: as its caller does, if that is proper.
const HeaderRequestID = "X-Request-Id"

// requestIDPattern admits what cannot do harm in a log line.
var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// newRequestID returns the caller's own id if it is a proper one.
func newRequestID(h http.Header) string {
	if given := h.Get(HeaderRequestID); requestIDPattern.MatchString(given) {
		return given
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the process instead
	return hex.EncodeToString(b[:])
}

// observe gives the request its id, and logs and counts it when it is done.
func (s *service) observe(c *gin.Context) {
	start := time.Now()
	ex := &exchange{requestID: newRequestID(c.Request.Header)}
	c.Set(exchangeKey{}, ex)
	c.Header(HeaderRequestID, ex.requestID)
	c.Next()
	took := time.Since(start)
	s.metrics.observe(c.FullPath(), c.Request.Method, c.Writer.Status(), took)
	s.logRequest(c, ex, took)
	s.auditRequest(c, ex)
}

func (s *service) logRequest(c *gin.Context, ex *exchange, took time.Duration) {
	fields := []zap.Field{
		zap.String("request_id", ex.requestID),
		zap.String("method", c.Request.Method),
		zap.String("route", c.FullPath()), // not the path, which may hold anything
		zap.Int("status", c.Writer.Status()),
		zap.Duration("duration", took),
	}
	if ex.caller.ID != "" {
		fields = append(fields, zap.String("caller", ex.caller.ID), zap.String("identity", string(ex.caller.Identity)))
	}
	if ex.traceID != "" {
		fields = append(fields, zap.String("trace_id", ex.traceID))
	}
	if ex.txID != "" {
		fields = append(fields, zap.String("tx_id", ex.txID))
	}
	if ex.err != nil {
		fields = append(fields, zap.String("code", string(waymark.CodeOf(ex.err))))
	}
	switch status := c.Writer.Status(); {
	case status == http.StatusServiceUnavailable:
		s.log.Warn("request", append(fields, causeField(ex.err))...)
	case status >= http.StatusInternalServerError:
		s.log.Error("request", append(fields, causeField(ex.err))...)
	case ex.route.open, ex.throttled: // probes, which ask all the time, and who asks too much: nobody is to fill the disk
		s.log.Debug("request", fields...)
	default:
		s.log.Info("request", fields...)
	}
}

// maxErrorBytes bounds the cause of an error in the log: what a peer said, of any member, may be
// part of it.
const maxErrorBytes = 8 << 10

func causeField(err error) zap.Field {
	if err == nil {
		return zap.Skip()
	}
	text := err.Error()
	if len(text) > maxErrorBytes {
		text = strings.ToValidUTF8(text[:maxErrorBytes], "") + "..."
	}
	return zap.String("error", text)
}

// known reports whether it is of a caller who may act. Then what the ledger calls unauthenticated is
// what a device signed, and not the caller's credential.
func (ex *exchange) known() bool { return ex.caller.Identity != "" }

// signature is who signed what by a key that the gateway has not.
type signature struct {
	by ledger.Creator
	tx waymark.Transaction
}

// proved notes a signature. A write does so while its caller may be answered already.
func (ex *exchange) proved(by ledger.Creator, tx waymark.Transaction) {
	ex.signed.Store(&signature{by, tx})
}
