package hold

import (
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Last returns the last hold of a kind that was set on a shipment, lifted or not; nil
// if there was none.
func Last(r ledger.Reader, shipment string, kind waymark.HoldKind) (*waymark.Hold, error) {
	return ledger.Load[waymark.Hold](r, ledger.HoldKey(shipment, string(kind)))
}

// Standing returns the holds that stand on a shipment, in the order of the kinds. A
// transaction that relies on it is invalidated by a hold that is set before it commits.
func Standing(r ledger.Reader, s *waymark.Shipment) ([]waymark.Hold, error) {
	holds := []waymark.Hold{}
	for _, kind := range waymark.HoldKinds() {
		last, err := Last(r, s.ID, kind)
		if err != nil {
			return nil, err
		}
		if last != nil && last.Lifted == nil {
			holds = append(holds, *last)
		}
	}
	return holds, nil
}

// Kinds are the kinds of holds, as the policies see them.
func Kinds(holds []waymark.Hold) []string {
	kinds := []string{}
	for _, h := range holds {
		kinds = append(kinds, string(h.Kind))
	}
	return slices.Compact(kinds)
}

// Refuse returns FailedPrecondition, with a reason for each kind, if any hold stands.
func Refuse(holds []waymark.Hold) error {
	if len(holds) == 0 {
		return nil
	}
	var reasons []string
	for _, h := range holds {
		reasons = append(reasons, h.Kind.Reason())
	}
	return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is on hold: %s",
		holds[0].Shipment, strings.Join(Kinds(holds), ", ")).Because(slices.Compact(reasons)...)
}

// Set puts a hold on a shipment, which must have none of the kind.
func Set(l ledger.Ledger, shipment string, kind waymark.HoldKind, reason string) (*waymark.Hold, error) {
	h := &waymark.Hold{Shipment: shipment, Kind: kind, Reason: reason, Set: l.Tx().Stamp()}
	return h, ledger.Save(l, ledger.HoldKey(shipment, string(kind)), h)
}

// Lift ends a hold that stands.
func Lift(l ledger.Ledger, h *waymark.Hold, why string) error {
	stamp := l.Tx().Stamp()
	h.Lifted, h.Why = &stamp, why
	return ledger.Save(l, ledger.HoldKey(h.Shipment, string(h.Kind)), h)
}

// Dispute holds a shipment for a dispute, as part of the transaction that opens it; it
// emits nothing. While such a hold stands it changes nothing.
func Dispute(l ledger.Ledger, shipment, reason string) error {
	last, err := Last(l, shipment, waymark.HoldDispute)
	if err != nil || last != nil && last.Lifted == nil {
		return err
	}
	_, err = Set(l, shipment, waymark.HoldDispute, reason)
	return err
}

// EndDispute lifts the hold of a dispute, as part of the transaction that ends it; it
// emits nothing. Where no such hold stands it changes nothing.
func EndDispute(l ledger.Ledger, shipment string) error {
	last, err := Last(l, shipment, waymark.HoldDispute)
	if err != nil || last == nil || last.Lifted != nil {
		return err
	}
	return Lift(l, last, "the dispute has ended")
}
