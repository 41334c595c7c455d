package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// RegisterMany registers devices all or none, as RegisterDevice would each. The error
// says which rows are faulty. Devices that the same statements registered before stay
// as they are, so that the same request again changes nothing.
func RegisterMany(l ledger.Ledger, r waymark.RegisterManyRequest) (*waymark.RegisterManyResult, error) {
	b := registrations{ledger: l, edges: NewEdges(l), request: r, seen: map[string]bool{}}
	var faults waymark.RowErrors
	for i, text := range r.Registrations {
		err := b.add(pointerTo("/registrations", i), text)
		if waymark.CodeOf(err) == waymark.Internal {
			return nil, err
		}
		faults.Add("/registrations", i, err)
	}
	if err := faults.Err("registrations", len(r.Registrations)); err != nil {
		return nil, err
	}
	return b.save()
}

// registrations is one transaction's work.
type registrations struct {
	ledger  ledger.Ledger
	edges   *Edges
	request waymark.RegisterManyRequest
	seen    map[string]bool // device ids of the rows so far
	fresh   []*waymark.Device
	result  waymark.RegisterManyResult
}

// add judges one row.
func (b *registrations) add(pointer, text string) error {
	d, old, err := prepare(b.ledger, b.edges, pointer, text, b.request.Activate)
	if err != nil {
		return err
	}
	if b.seen[d.ID] {
		return waymark.InvalidField(pointer, "is of device %s, which a row before is of too", d.ID)
	}
	b.seen[d.ID] = true
	if old != nil {
		b.result.Devices = append(b.result.Devices, waymark.DeviceStanding{ID: old.ID, State: old.State})
		return nil
	}
	if a := b.request.Attributes; a != nil {
		attributes := normal(*a)
		d.Attributes, d.Described = &attributes, &waymark.Change{By: d.Registered, Reason: d.Reason}
	}
	b.fresh = append(b.fresh, d)
	b.result.Devices = append(b.result.Devices, waymark.DeviceStanding{ID: d.ID, State: d.State, New: true})
	return nil
}

// save writes what is new. All of it has one owner: whoever may register a device
// acts for its owner.
func (b *registrations) save() (*waymark.RegisterManyResult, error) {
	if len(b.fresh) == 0 {
		return &b.result, nil
	}
	first := b.fresh[0]
	if _, err := RequireMember(b.ledger, first.Owner); err != nil {
		return nil, err
	}
	event := waymark.DevicesEvent{Owner: first.Owner, State: first.State}
	for _, d := range b.fresh {
		if err := ledger.Save(b.ledger, ledger.DeviceKey(d.ID), d); err != nil {
			return nil, err
		}
		event.Devices = append(event.Devices, d.ID)
	}
	return &b.result, b.ledger.Emit(waymark.EventDevicesRegistered, event)
}
