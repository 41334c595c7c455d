package messages

import (
	"reflect"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// CheckDisclosed checks what a holder's peer answered to a query: that it is about that
// message, and that each reading is what its own disclosure says. That the device signed
// the disclosure's hash shows in the message, which the ledger holds. A reading of a class
// that a policy has coarsened cannot be checked: it is rounded and has no disclosure. It
// returns Internal.
func CheckDisclosed(q waymark.DisclosedQuery, m waymark.DisclosedMessage) error {
	if m.Device != q.Device || m.Sequence != q.Sequence || q.Holder != "" && m.Holder != q.Holder {
		return waymark.Errorf(waymark.Internal, "the peer of the holder answered about another message or holder")
	}
	for _, shown := range m.Readings {
		if !opens(shown) && !rounded(shown, m) {
			return waymark.Errorf(waymark.Internal, "the peer of %s shows of reading %d what its disclosure does not say", m.Holder, shown.Index)
		}
	}
	return nil
}

// opens reports whether a disclosure opens to the value that is shown beside it.
func opens(shown waymark.DisclosedReading) bool {
	seal := senml.SealOf(shown.Disclosure)
	seal.Name, seal.Time = shown.Name, shown.Time
	r, err := senml.Open(seal, shown.Disclosure)
	if err != nil {
		return false
	}
	says := r.Disclosed()
	says.Index, says.Class, says.Disclosure = shown.Index, shown.Class, shown.Disclosure
	return reflect.DeepEqual(says, shown)
}

// rounded reports whether a reading is shown as the answer's own obligations demand: a
// number of no more decimals than they leave, with nothing that tells more.
func rounded(shown waymark.DisclosedReading, m waymark.DisclosedMessage) bool {
	decimals, rounds := waymark.Decision{Obligations: m.Obligations}.Decimals(shown.Class)
	if !rounds || !slices.Contains(m.Coarsened, shown.Class) || len(shown.Disclosure) > 0 || shown.Text != "" || len(shown.Data) > 0 {
		return false
	}
	coarse, err := shown.Value.Coarse(shown.Unit, decimals)
	return err == nil && coarse == shown.Value
}
