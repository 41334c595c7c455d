package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// auditRequest gives the audit log its line of a request, if it concerns it.
func (s *service) auditRequest(c *gin.Context, ex *exchange) {
	kind := kindOf(ex)
	if kind == "" {
		return
	}
	event := audit.Event{
		Kind: kind, Outcome: audit.Done, RequestID: ex.requestID, TraceID: ex.traceID,
		Caller: ex.caller.ID, Address: c.Request.RemoteAddr,
		Operation: ex.route.id, Target: c.Request.URL.EscapedPath(), Status: c.Writer.Status(), TxID: ex.txID,
	}
	if made := c.Writer.Header().Get("Location"); ex.route.keeps && made != "" {
		event.Target = made // which its caller could not name
	}
	if !ex.route.signed {
		event.Identity = string(ex.caller.Identity)
	} else if s := ex.signed.Load(); s != nil {
		event.Creator, event.Transaction = s.by.CertificateSHA256, string(s.tx)
	}
	if event.Status == http.StatusAccepted {
		event.Outcome = audit.Pending
	}
	s.audit.Record(withError(event, waymark.AsError(ex.err)))
}

// AuditEnd gives the audit log its line of a write that ended after it was answered. It is for
// requests.Options.
func AuditEnd(log *audit.Log) func(requests.Ended) {
	return func(e requests.Ended) {
		log.Record(withError(audit.Event{
			Kind: audit.End, Outcome: audit.Done, Caller: e.Caller, Operation: e.Operation, TxID: e.TxID, Fate: e.Status,
		}, e.Error))
	}
}

// withError says why something failed, if it did.
func withError(event audit.Event, failed *waymark.Error) audit.Event {
	if failed != nil {
		event.Outcome, event.Reasons = string(failed.Code), failed.Reasons
	}
	return event
}

// kindOf is empty for what the audit log does not hold: reads that were allowed, or that
// failed for another reason, renewals, and what anybody asks past the rate, which is counted only: so
// nobody fills it faster than by the rate.
func kindOf(ex *exchange) audit.Kind {
	switch code := waymark.CodeOf(ex.err); {
	case ex.throttled, ex.renewed:
		return ""
	case code == waymark.Unauthenticated && !ex.known():
		return audit.Credential
	case code == waymark.Forbidden:
		return audit.Policy
	case ex.known() && ex.route.changes():
		return audit.Write
	}
	return ""
}
