package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func recordedRoute() route {
	asked := func(p path) waymark.MessageQuery { return waymark.MessageQuery{Device: p.id, Sequence: p.number} }
	return route{
		method: http.MethodGet, path: "/v1/devices/{id}/messages/{sequence}", id: "getMessage", tag: tagMessages,
		summary: "Where the ledger has a message: the transaction that recorded it, its block, and the beginning of its digest",
		result:  waymark.RecordedMessage{},
		doc: documented{
			asked: func(p path) any { return asked(p) }, checked: true,
			about: "Whoever may relay messages (`RelayMessages`: a relay or operator), so that it can tell the device that asks. It is the read model's answer: `not_found` can be a block behind.",
		},
		serve: func(s *service, c *gin.Context) error {
			p, err := parsePath(c.Params)
			if err != nil {
				return err
			}
			m, err := s.model.Message(c.Request.Context(), exchangeOf(c).caller.Identity, asked(p))
			if err != nil {
				return err
			}
			return s.respond(c, http.StatusOK, m)
		},
	}
}
