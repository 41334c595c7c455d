package goods

import (
	"reflect"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// RegisterProduct says that a GTIN is of the caller's member: whoever does first. The same
// request again changes nothing.
func RegisterProduct(l ledger.Ledger, r waymark.RegisterProductRequest) (*waymark.Product, error) {
	tx := l.Tx()
	p := &waymark.Product{
		GTIN: r.GTIN, Owner: tx.Caller.Member, Name: r.Name, NetContent: normalContent(r.NetContent),
		Regulators: append([]string{}, r.Regulators...), Registered: tx.Stamp(), Changed: tx.Stamp(),
	}
	slices.Sort(p.Regulators)
	if err := access.Authorize(tx, waymark.ActRegisterProduct, access.Product(*p)); err != nil {
		return nil, err
	}
	old, err := ledger.Load[waymark.Product](l, ledger.ProductKey(p.GTIN))
	if err != nil {
		return nil, err
	}
	if old != nil {
		return sameProduct(old, p)
	}
	for _, id := range append([]string{p.Owner}, p.Regulators...) {
		if _, err := registry.RequireMember(l, id); err != nil {
			return nil, err
		}
	}
	return p, saveProduct(l, p, waymark.EventProductRegistered)
}

// normalContent is a net content in the form of records.
func normalContent(n *waymark.Amount) *waymark.Amount {
	if n == nil {
		return nil
	}
	return &waymark.Amount{Quantity: sum(n.Quantity), Unit: n.Unit}
}

// sameProduct answers the registration of a GTIN that is taken: what it was registered as
// is the same, with at least those regulators.
func sameProduct(old, p *waymark.Product) (*waymark.Product, error) {
	missing := slices.ContainsFunc(p.Regulators, func(id string) bool { return !slices.Contains(old.Regulators, id) })
	if old.Owner != p.Owner || old.Name != p.Name || !reflect.DeepEqual(old.NetContent, p.NetContent) || missing {
		return nil, waymark.Errorf(waymark.AlreadyExists, "product %s is registered already, by %s", p.GTIN, old.Owner)
	}
	return old, nil
}

func saveProduct(l ledger.Ledger, p *waymark.Product, event string) error {
	if err := ledger.Save(l, ledger.ProductKey(p.GTIN), p); err != nil {
		return err
	}
	return l.Emit(event, waymark.ProductEvent{GTIN: p.GTIN, Owner: p.Owner})
}

// AddRegulator lets another member recall a product too, for good. Who may already changes
// nothing.
func AddRegulator(l ledger.Ledger, r waymark.AddRegulatorRequest) (*waymark.Product, error) {
	p, err := RequireProduct(l, r.GTIN)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActManageProduct, access.Product(*p)); err != nil {
		return nil, err
	}
	at, there := slices.BinarySearch(p.Regulators, r.Regulator)
	if there {
		return p, nil
	}
	if len(p.Regulators) == waymark.MaxRegulators {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "product %s has %d regulators already", p.GTIN, waymark.MaxRegulators).Because(waymark.ReasonLimit)
	}
	if _, err := registry.RequireMember(l, r.Regulator); err != nil {
		return nil, err
	}
	p.Regulators, p.Changed = slices.Insert(p.Regulators, at, r.Regulator), l.Tx().Stamp()
	return p, saveProduct(l, p, waymark.EventRegulatorAdded)
}

// RequireProduct returns a product, or NotFound.
func RequireProduct(r ledger.Reader, gtin string) (*waymark.Product, error) {
	return ledger.Require[waymark.Product](r, ledger.ProductKey(gtin), "product "+gtin)
}
