package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/profiles"
)

// Profiles returns the catalogue of conditions that shipments can name, to whoever may read the
// consortium's rules.
func Profiles(l ledger.Ledger) (*waymark.ProfileList, error) {
	if err := access.Authorize(l.Tx(), waymark.ActReadPolicy, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	return &waymark.ProfileList{Profiles: profiles.All()}, nil
}
