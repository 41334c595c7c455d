package telemetry

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Undisclosed tells a relay which members lack the disclosures of messages. That somebody
// has them is no secret: the hashes are in the open.
func Undisclosed(l ledger.Ledger, q waymark.UndisclosedQuery) (*waymark.Undisclosed, error) {
	if err := access.Authorize(l.Tx(), waymark.ActRelayMessages, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	windows := newFinder(l)
	for _, ref := range q.Messages {
		windows.expect(ref.Device, ref.Sequence)
	}
	result := &waymark.Undisclosed{Messages: make([]waymark.UndisclosedMessage, 0, len(q.Messages))}
	for _, ref := range q.Messages {
		members, err := lacking(l, windows, ref)
		if err != nil {
			return nil, err
		}
		result.Messages = append(result.Messages, waymark.UndisclosedMessage{Device: ref.Device, Sequence: ref.Sequence, Members: members})
	}
	return result, nil
}

func lacking(r ledger.Ledger, windows *finder, ref waymark.MessageRef) ([]string, error) {
	members := []string{}
	w, device, err := windows.find(ref)
	if waymark.CodeOf(err) == waymark.NotFound || err == nil && !slices.Contains(w.SealedIn, ref.Sequence) {
		return members, nil
	}
	if err != nil {
		return nil, err
	}
	holders, err := holdersOf(r, device, w)
	if err != nil {
		return nil, err
	}
	for _, member := range holders {
		hash, err := r.PrivateHash(member, ledger.DisclosureKey(ref.Device, ref.Sequence))
		if err != nil {
			return nil, err
		}
		if hash == nil {
			members = append(members, member)
		}
	}
	return members, nil
}
