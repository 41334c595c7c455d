package model

import (
	"context"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// indexDevice makes the row of a device anew.
func (a *application) indexDevice(id string) error {
	d, err := registry.RequireDevice(a.is, id)
	if broken(err) {
		return err
	}
	if err != nil {
		return a.exec(`DELETE FROM devices WHERE id = $1`, []byte(id))
	}
	return a.exec(`INSERT INTO devices (id, owner, model, state) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, model = excluded.model, state = excluded.state`,
		[]byte(id), d.Owner, d.Model, d.State)
}

// Devices lists the devices that a caller may see, by id.
func (m *Model) Devices(ctx context.Context, by rules.Tx, q waymark.DevicesQuery) (waymark.DeviceList, error) {
	list := waymark.DeviceList{Devices: []waymark.Device{}}
	block, last, err := listed(ctx, m, by, q.Limit, func(v *reading) ([]string, error) {
		if q.Shipment != "" {
			return witnesses(v, q)
		}
		var f filter
		f.is("owner", q.Owner)
		f.is("state", string(q.State))
		f.is("model", q.Model)
		f.and("id > " + f.arg([]byte(q.Cursor)))
		return v.names("SELECT id FROM devices"+f.where()+" ORDER BY id LIMIT "+f.arg(maxCandidates), f.args...)
	}, func(v *reading, id string) (bool, error) {
		d, err := permitted(registry.Device(v, waymark.DeviceQuery{Device: id}))
		if d == nil || !fits(q.Owner, d.Owner) || !fits(q.State, d.State) || !fits(q.Model, d.Model) {
			return false, err
		}
		list.Devices = append(list.Devices, *d)
		return true, nil
	})
	if last != nil {
		list.Cursor = *last
	}
	list.Block = block
	return list, err
}

// witnesses are the devices that witness a shipment now, behind the cursor, as the rules tell it of the shipment.
// There are at most waymark.MaxWitnesses.
func witnesses(v *reading, q waymark.DevicesQuery) (ids []string, err error) {
	s, err := permitted(custody.Get(v, waymark.ShipmentQuery{Shipment: q.Shipment, Purpose: q.Purpose}))
	if s == nil {
		return nil, err
	}
	for _, a := range s.Attachments {
		if a.Detached == nil && a.Device > q.Cursor {
			ids = append(ids, a.Device)
		}
	}
	slices.Sort(ids)
	return ids, nil
}
