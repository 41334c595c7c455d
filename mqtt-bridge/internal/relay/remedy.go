package relay

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// remedy says what an operator can do about a message that was rejected because the ledger does
// not know its device or its key, or the edge that holds that is not active; it is empty for any other.
func remedy(r waymark.MessageResult) string {
	switch {
	case r.Code == waymark.NotFound:
		return "have the device registered by its owner, then replay the message"
	case slices.Contains(r.Reasons, waymark.ReasonEdge):
		return "have the edge that signs for the device resumed by its owner, or the device's key replaced, then replay the message"
	case slices.Contains(r.Reasons, waymark.ReasonKey):
		return "have the key registered by the device's owner (rotate, or replace-key if the old one is lost), then replay the message; " +
			"one of a key that has ended or is revoked stays refused"
	}
	return ""
}
