package model

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Readings returns a page of the readings that an identity may see.
//
// Codes: as Shipments; NotFound if there is no such device.
func (r *Reader) Readings(ctx context.Context, as ledger.Identity, q waymark.ReadingsQuery) (waymark.ReadingList, error) {
	by, err := r.as(ctx, as, q.At)
	if err != nil {
		return waymark.ReadingList{}, err
	}
	return r.model.Readings(ctx, by, q)
}

// Latest returns the latest readings of a device that an identity may see.
//
// Codes: as Readings.
func (r *Reader) Latest(ctx context.Context, as ledger.Identity, q waymark.LatestQuery) (waymark.LatestReadings, error) {
	by, err := r.as(ctx, as, q.At)
	if err != nil {
		return waymark.LatestReadings{}, err
	}
	return r.model.Latest(ctx, by, q)
}

// Series returns a page of the buckets of what an identity may see.
//
// Codes: as Readings.
func (r *Reader) Series(ctx context.Context, as ledger.Identity, q waymark.SeriesQuery) (waymark.BucketList, error) {
	by, err := r.as(ctx, as, q.At)
	if err != nil {
		return waymark.BucketList{}, err
	}
	return r.model.Buckets(ctx, by, q)
}
