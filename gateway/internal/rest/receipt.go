package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

func receiptRoute() route {
	return route{
		method: http.MethodGet, path: "/v1/transactions/{tx_id}/receipt", id: "getReceipt", tag: tagLedger,
		summary: "What proves a transaction to who does not believe this gateway: its block with the orderers' signatures, and what peers attest",
		doc: documented{about: "Whoever may read transactions (`ReadTransaction`: an admin, operator, quality or viewer). It fetches the block and asks members' peers to sign that they have it; " +
			"`gateway verify` checks it without any gateway (docs/verify.md). `not_found`: the transaction is in no block, or not yet."},
		result: verify.Receipt{}, attests: true,
		serve: serveReceipt,
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
	receipt, err := s.ledger.Receipt(ctx, as, p.txID)
	if err != nil {
		return err
	}
	return s.respond(c, http.StatusOK, receipt)
}
