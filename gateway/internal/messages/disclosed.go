package messages

import (
	"reflect"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// CheckDisclosed checks what a holder's peer answered to a query: that it is about that
// message, and that each reading is what its own disclosure says. That the device signed
// the disclosure's hash shows in the message, which the ledger holds. It returns Internal.
func CheckDisclosed(q waymark.DisclosedQuery, m waymark.DisclosedMessage) error {
	if m.Device != q.Device || m.Sequence != q.Sequence || q.Holder != "" && m.Holder != q.Holder {
		return waymark.Errorf(waymark.Internal, "the peer of the holder answered about another message or holder")
	}
	for _, shown := range m.Readings {
		if !opens(shown) {
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
