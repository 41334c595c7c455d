package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

func telemetryRoutes() []route {
	return []route{
		messagesRoute(),
		recordedRoute(),
		disclosedRoute(),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/stream", id: "getStream", tag: tagMessages,
			summary: "Where a device's stream of messages stands, with its gaps",
		}, waymark.TelemetryStream, waymark.Stream{}, deviceQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/windows/{sequence}", id: "getWindow", tag: tagMessages,
			summary: "The window that holds the message with this sequence number, without the data classes that policies withhold",
			purpose: true,
		}, waymark.TelemetryWindow, waymark.Window{}, func(p path) waymark.WindowQuery {
			return waymark.WindowQuery{Device: p.id, Sequence: p.number, Purpose: p.purpose}
		}),
	}
}

func messagesRoute() route {
	r := route{
		method: http.MethodPost, path: "/v1/messages", id: "recordMessages", tag: tagMessages,
		summary: "Record a batch of signed messages, each with the disclosures of its sealed readings; each has its own outcome",
		body:    messagesBody{}, result: waymark.RecordResult{}, write: true,
		doc: documented{
			asked: func(path) any { return waymark.Disclosures{} }, checked: true,
			rules: []waymark.Transaction{waymark.TelemetryRecord, waymark.TelemetryDisclose},
			about: "The messages are recorded without their disclosures, and then each member that may hold these and does not is sent them by a transaction of its own.",
		},
	}
	r.serve = func(s *service, c *gin.Context) error {
		q, body, err := requestOf(s, c, func(_ path, b messagesBody) messagesBody { return b })
		if err != nil {
			return err
		}
		as := exchangeOf(c).caller.Identity
		return s.write(c, r, body, nil, func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			return s.recorder.Record(ctx, j, as, q.Messages)
		})
	}
	return r
}

func disclosedRoute() route {
	r := route{
		method: http.MethodGet, path: "/v1/devices/{id}/messages/{sequence}/disclosed", id: "getDisclosed", tag: tagMessages,
		summary: "What the sealed readings of a message stand for, as a holder has it, without the data classes that policies withhold",
		result:  waymark.DisclosedMessage{}, purpose: true, holder: true,
		doc: documented{
			asked: func(p path) any { return disclosedQuery(p) }, checked: true,
			rules: []waymark.Transaction{waymark.TelemetryDisclosed},
		},
	}
	r.serve = func(s *service, c *gin.Context) error {
		p, err := parsePath(c.Params)
		if err != nil {
			return err
		}
		if err := p.setQuery(r, c.Query); err != nil {
			return err
		}
		m, err := disclosed(c.Request.Context(), s, exchangeOf(c).caller.Identity, disclosedQuery(p))
		if err != nil {
			return err
		}
		return s.respond(c, http.StatusOK, m)
	}
	return r
}

func disclosedQuery(p path) waymark.DisclosedQuery {
	return waymark.DisclosedQuery{Device: p.id, Sequence: p.number, Holder: p.holder, Purpose: p.purpose}
}

// disclosed asks the peers of the holder, if one is named: only they have it. This member
// need not believe them, so what they say is checked, and nothing else of it is told.
func disclosed(ctx context.Context, s *service, as ledger.Identity, q waymark.DisclosedQuery) (waymark.DisclosedMessage, error) {
	var m waymark.DisclosedMessage
	if q.Holder != "" { // without peers nobody would answer for a member that there is not
		if _, err := s.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.MembersGet, Request: waymark.MemberQuery{Member: q.Holder}}); err != nil {
			return m, err
		}
	}
	call := ledger.Call{As: as, Transaction: waymark.TelemetryDisclosed, Request: q}
	if q.Holder != "" {
		call.At = []string{q.Holder}
	}
	answered, err := s.ledger.Evaluate(ctx, call)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(answered, &m); err != nil {
		return m, &httpError{http.StatusBadGateway, waymark.Errorf(waymark.Internal, "the peer of the holder answered with something unexpected")}
	}
	if err := messages.CheckDisclosed(q, m); err != nil {
		return m, &httpError{http.StatusBadGateway, waymark.AsError(err)}
	}
	return m, nil
}
