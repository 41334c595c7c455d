package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func profileRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v1/profiles", id: "listProfiles", tag: tagShipments,
		summary: "The profiles: conditions that shipments can name in the place of writing them out",
		result:  waymark.ProfileList{},
		doc:     documented{rules: []waymark.Transaction{waymark.ShipmentsProfiles}},
		serve: func(s *service, c *gin.Context) error {
			return answer(c.Request.Context(), s, c, waymark.ShipmentsProfiles, nil)
		},
	}}
}
