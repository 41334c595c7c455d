package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// VerifiableReceipt is what a stranger needs to check a transaction; gateway/client/verify reads it.
type VerifiableReceipt struct {
	Format       string `json:"format"` // verify.Format
	ledger.Proof `json:",inline"`
}

func receiptRoute() route {
	return route{
		method: http.MethodGet, path: "/v1/transactions/{tx_id}/receipt", id: "getReceipt", tag: tagLedger,
		summary: "What proves a transaction to who does not believe this gateway: its block with the orderers' signatures, and what peers attest",
		result:  VerifiableReceipt{},
		serve:   serveReceipt,
	}
}

func serveReceipt(s *service, c *gin.Context) error {
	p, err := parsePath(c.Params)
	if err != nil {
		return err
	}
	exchangeOf(c).txID = p.txID
	ctx, as := c.Request.Context(), exchangeOf(c).caller.Identity
	if err := permit(ctx, s, as, waymark.ActReadTransaction); err != nil {
		return err
	}
	if err := s.fetchesBlock(exchangeOf(c), bytesOfReceipt); err != nil {
		return err
	}
	proof, err := s.ledger.Receipt(ctx, as, p.txID)
	if err != nil {
		return err
	}
	return respond(c, http.StatusOK, VerifiableReceipt{Format: verify.Format, Proof: proof})
}
