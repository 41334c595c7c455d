package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// queryEnvelope asks for the signed envelope of a transaction.
const queryEnvelope = "envelope"

func ledgerRoutes() []route {
	return []route{receiptRoute(), {
		method: http.MethodGet, path: "/v1/transactions/{tx_id}", id: "getTransaction", tag: tagLedger,
		summary: "What the ledger holds about a transaction, valid or not",
		result:  ledger.Transaction{},
		block:   true,
		query:   queryEnvelope,
		serve:   serveTransaction,
	}}
}

func serveTransaction(s *service, c *gin.Context) error {
	p, err := parsePath(c.Params)
	if err != nil {
		return err
	}
	exchangeOf(c).txID = p.txID
	var withEnvelope bool
	switch c.Query(queryEnvelope) {
	case "", "false":
	case "true":
		withEnvelope = true
	default:
		return waymark.Errorf(waymark.Invalid, "the query parameter %s must be true or false", queryEnvelope)
	}
	ctx, as := c.Request.Context(), exchangeOf(c).caller.Identity
	// The peer's block index knows no policies, so this gateway asks for them.
	if err := permit(ctx, s, as, waymark.ActReadTransaction); err != nil {
		return err
	}
	t, err := s.ledger.Transaction(ctx, as, p.txID, withEnvelope)
	if err != nil {
		return err
	}
	return respond(c, http.StatusOK, t)
}
