package rest

import (
	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
)

// auditRequest gives the audit log its line of a request, if it concerns it.
func (s *service) auditRequest(c *gin.Context, ex *exchange) {
	kind := kindOf(ex)
	if kind == "" {
		return
	}
	event := audit.Event{
		Kind: kind, Outcome: audit.Done, RequestID: ex.requestID, TraceID: ex.traceID,
		Caller: ex.caller.ID, Address: c.Request.RemoteAddr, Identity: string(ex.caller.Identity),
		Operation: ex.route.id, Target: c.Request.URL.EscapedPath(), Status: c.Writer.Status(), TxID: ex.txID,
	}
	if ex.err != nil {
		failed := waymark.AsError(ex.err)
		event.Outcome, event.Reasons = string(failed.Code), failed.Reasons
	}
	s.audit.Record(event)
}

// kindOf is empty for what the audit log does not hold: reads that were allowed, or that
// failed for another reason.
func kindOf(ex *exchange) audit.Kind {
	switch waymark.CodeOf(ex.err) {
	case waymark.Unauthenticated:
		return audit.Credential
	case waymark.Forbidden:
		return audit.Policy
	default:
		if ex.route.write {
			return audit.Write
		}
		return ""
	}
}
