package hold

import (
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Last returns the last hold of a kind that was set on a shipment, lifted or not; nil
// if there was none.
func Last(r ledger.Reader, shipment string, kind waymark.HoldKind) (*waymark.Hold, error) {
	key := ledger.HoldKey(shipment, string(kind))
	h, err := ledger.Load[waymark.Hold](r, key)
	if err != nil || h == nil {
		return nil, err
	}
	return h, ledger.CheckOwn(key, h.Shipment == shipment && h.Kind == kind)
}

// Standing are the holds that stand on a shipment.
type Standing struct {
	shipment string
	set      []waymark.Hold // that somebody has set, in the order of the kinds
	recalled []waymark.LotRecalls
}

// Load reads the holds that stand on a shipment with some lots in its goods; a recall of one is a hold. A
// transaction that relies on it is invalidated by a hold that is set before it commits.
func Load(r ledger.Reader, shipment string, lots []string) (*Standing, error) {
	h := &Standing{shipment: shipment}
	for _, kind := range waymark.HoldKinds() {
		if kind == waymark.HoldRecall {
			continue
		}
		last, err := Last(r, shipment, kind)
		if err != nil {
			return nil, err
		}
		if last != nil && last.Lifted == nil {
			h.set = append(h.set, *last)
		}
	}
	var err error
	h.recalled, err = recall.Of(r, lots)
	return h, err
}

// Keep leaves the recalls of some lots alone, in their order: nothing else is in the goods any more.
func (h *Standing) Keep(lots []string) {
	h.recalled = slices.DeleteFunc(h.recalled, func(lot waymark.LotRecalls) bool { return !slices.Contains(lots, lot.Lot) })
}

// Recalled returns the lots in the goods that are recalled; nil if none is.
func (h *Standing) Recalled() []string { return recall.Names(h.recalled) }

// List returns the holds: of the recalls one for each that stands of each lot.
func (h *Standing) List() []waymark.Hold {
	holds := append([]waymark.Hold{}, h.set...)
	for _, lot := range h.recalled {
		for _, r := range lot.Standing {
			holds = append(holds, waymark.Hold{Shipment: h.shipment, Kind: waymark.HoldRecall, Reason: lot.Lot + ": " + r.Reason, Set: r.Set})
		}
	}
	return holds
}

// Kinds returns the kinds of the holds, each once, as the policies see them; never nil.
func (h *Standing) Kinds() []string {
	kinds := []string{}
	for _, kind := range h.kinds(len(h.recalled) > 0) {
		kinds = append(kinds, string(kind))
	}
	return kinds
}

func (h *Standing) kinds(recalled bool) []waymark.HoldKind {
	var kinds []waymark.HoldKind
	for _, hold := range h.set {
		kinds = append(kinds, hold.Kind)
	}
	if recalled {
		kinds = append(kinds, waymark.HoldRecall)
	}
	return kinds
}

// Refuse returns FailedPrecondition, with a reason for each kind, if any hold keeps goods
// from going to a member. A recall does not, where that member is the brand owner or the
// one that recalls them: goods have to come back.
func (h *Standing) Refuse(to string) error {
	return h.refuse(slices.ContainsFunc(h.recalled, func(lot waymark.LotRecalls) bool { return !lot.Admits(to) }))
}

// RefuseBack is Refuse for goods that go back to the consignor, or that a shipment which never left
// leaves with it. A recall goes on to hold them there, and refuses nothing: of the lots of two brands no
// other member might be let have both.
func (h *Standing) RefuseBack() error { return h.refuse(false) }

func (h *Standing) refuse(recalled bool) error {
	kinds := h.kinds(recalled)
	if len(kinds) == 0 {
		return nil
	}
	var reasons []string
	for _, kind := range kinds {
		reasons = append(reasons, kind.Reason())
	}
	return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is on hold: %s",
		h.shipment, strings.Join(reasons, ", ")).Because(reasons...)
}

// Delayed reports whether a member has ever kept a shipment from moving, by a hold that it set by hand
// and that may be lifted by now.
func Delayed(r ledger.Reader, shipment, member string) (bool, error) {
	for _, kind := range waymark.HandSetKinds() {
		last, err := Last(r, shipment, kind)
		if err != nil {
			return false, err
		}
		if slices.Contains(last.Setters(), member) {
			return true, nil
		}
	}
	return false, nil
}

// Set puts a hold on a shipment, which must have none of the kind. It takes the place of the last one, and
// with it notes who set that: members of a shipment, each once.
func Set(l ledger.Ledger, h waymark.Hold, last *waymark.Hold) (*waymark.Hold, error) {
	h.Set = l.Tx().Stamp()
	h.SetBy = last.Setters()
	h.SetBy = h.Setters()
	return &h, ledger.Save(l, ledger.HoldKey(h.Shipment, string(h.Kind)), &h)
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
	_, err = Set(l, waymark.Hold{Shipment: shipment, Kind: waymark.HoldDispute, Reason: reason}, last)
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
