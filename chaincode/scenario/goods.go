package scenario

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// GTIN is the product that the tests ship.
const GTIN = "09506000134352"

// Goods are items of a member's product, known and free in its hands unless they have been
// moved since, as lines of a shipment.
func (c *Consortium) Goods(member, gtin string, serials ...string) []waymark.Line {
	c.T.Helper()
	Must(c, c.As(member, waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: gtin, Name: "goods"})
	var r waymark.CommissionRequest
	var lines []waymark.Line
	for _, serial := range serials {
		id := waymark.Item(gtin, serial).String()
		r.Items, lines = append(r.Items, id), append(lines, waymark.Line{ID: id})
	}
	Must(c, c.As(member, waymark.Operator), goods.Commission, r)
	return lines
}
