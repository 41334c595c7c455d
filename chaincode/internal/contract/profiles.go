package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Profiles returns the catalogue of conditions that shipments can name.
func (*Shipments) Profiles(ctx Context) (*waymark.ProfileList, error) {
	return ask(ctx, custody.Profiles)
}
