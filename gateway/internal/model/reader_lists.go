package model

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Cursors seals what a page goes on behind, which its reader may not know of.
type Cursors interface {
	// Seal returns a cursor as callers get it, and Open what Seal was given about the same; empty of none. Open
	// returns Invalid for anything else.
	Seal(ctx context.Context, about, cursor string) (string, error)
	Open(ctx context.Context, about, sealed string) (string, error)
}

// turn asks for the page of a list behind the cursor from, and notes in to the one of the next: both are sealed.
func (r *Reader) turn(ctx context.Context, list string, as ledger.Identity, from, to *string, ask func() error) (err error) {
	about := list + " " + string(as)
	if *from, err = r.cursors.Open(ctx, about, *from); err != nil {
		return err
	}
	if err := ask(); err != nil {
		return err
	}
	*to, err = r.cursors.Seal(ctx, about, *to)
	return err
}

// Shipments returns a page of the shipments that an identity may see.
//
// Codes: Unavailable while the model has not the block that is asked for, or the ledger's rules are not these; Invalid
// for what is no cursor.
func (r *Reader) Shipments(ctx context.Context, as ledger.Identity, q waymark.ShipmentsQuery) (list waymark.ShipmentList, err error) {
	err = r.turn(ctx, "shipments", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Shipments)
		return err
	})
	return list, err
}

// Devices returns a page of the devices that an identity may see. Codes: as Shipments.
func (r *Reader) Devices(ctx context.Context, as ledger.Identity, q waymark.DevicesQuery) (list waymark.DeviceList, err error) {
	err = r.turn(ctx, "devices", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Devices)
		return err
	})
	return list, err
}

// Things returns a page of the items, lots and containers that an identity may see. Codes: as Shipments.
func (r *Reader) Things(ctx context.Context, as ledger.Identity, q waymark.ThingsQuery) (list waymark.ThingList, err error) {
	err = r.turn(ctx, "things", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Things)
		return err
	})
	return list, err
}

// Decisions returns a page of the decisions that an identity may see. Codes: as Shipments.
func (r *Reader) Decisions(ctx context.Context, as ledger.Identity, q waymark.DecisionsQuery) (list waymark.DecisionList, err error) {
	err = r.turn(ctx, "decisions", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Decisions)
		return err
	})
	return list, err
}
