package model

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Readings returns a page of the readings that an identity may see.
//
// Codes: as Shipments; NotFound if there is no such device.
func (r *Reader) Readings(ctx context.Context, as ledger.Identity, q waymark.ReadingsQuery) (list waymark.ReadingList, err error) {
	err = r.turn(ctx, "readings", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Readings)
		return err
	})
	return list, err
}

// Latest returns the latest readings of a device that an identity may see.
//
// Codes: as Readings.
func (r *Reader) Latest(ctx context.Context, as ledger.Identity, q waymark.LatestQuery) (waymark.LatestReadings, error) {
	return answer(ctx, r, as, q.At, q, r.model.Latest)
}

// Message tells an identity where the ledger has a message.
//
// Codes: as Readings; Forbidden to who relays no messages.
func (r *Reader) Message(ctx context.Context, as ledger.Identity, q waymark.MessageQuery) (waymark.RecordedMessage, error) {
	return answer(ctx, r, as, 0, q, r.model.Message)
}

// Series returns a page of the buckets of what an identity may see.
//
// Codes: as Readings.
func (r *Reader) Series(ctx context.Context, as ledger.Identity, q waymark.SeriesQuery) (list waymark.BucketList, err error) {
	err = r.turn(ctx, "series", as, &q.Cursor, &list.Cursor, func() error {
		list, err = answer(ctx, r, as, q.At, q, r.model.Buckets)
		return err
	})
	return list, err
}
