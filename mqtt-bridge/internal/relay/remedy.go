package relay

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// remedy says what an operator can do about a message that was rejected because the ledger does
// not know its device or its key, because the edge that holds that is not active, or because of its number; it is empty
// for any other.
func remedy(r waymark.MessageResult) string {
	switch {
	case r.Code == waymark.NotFound:
		return "have the device registered by its owner, then replay the message"
	case slices.Contains(r.Reasons, waymark.ReasonEdge):
		return "have the edge that signs for the device resumed by its owner, or the device's key replaced, then replay the message"
	case slices.Contains(r.Reasons, waymark.ReasonKey):
		return "have the key registered by the device's owner (rotate, or replace-key if the old one is lost), then replay the message; " +
			"one of a key that has ended or is revoked stays refused"
	case slices.Contains(r.Reasons, waymark.ReasonJumpBack):
		return "the device counts anew from an older number, as after a loss of its state: have it ask for its stream and go on after the last " +
			"number there, leaving one out (device protocol, section 10); this message stays refused"
	case slices.Contains(r.Reasons, waymark.ReasonFork):
		return "the device used a number twice: find out whether its state was restored from a copy, or its key is used elsewhere; this message stays refused"
	case slices.Contains(r.Reasons, waymark.ReasonGaps):
		return "have the device send what is missing, then replay the message"
	}
	return ""
}
