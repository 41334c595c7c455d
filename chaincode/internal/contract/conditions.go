package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ReleaseExcursion lets an excursion pass by a quality role's written disposition.
func (*Shipments) ReleaseExcursion(ctx Context, r waymark.ReleaseExcursionRequest) (*waymark.Excursion, error) {
	return do(ctx, r, custody.ReleaseExcursion)
}
