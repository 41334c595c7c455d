package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Ready makes a draft ready.
func (*Shipments) Ready(ctx Context, r waymark.ReadyShipmentRequest) (*waymark.Custody, error) {
	return do(ctx, r, custody.Ready)
}

// Void ends a shipment that has not left the consignor.
func (*Shipments) Void(ctx Context, r waymark.VoidShipmentRequest) (*waymark.Custody, error) {
	return do(ctx, r, custody.Void)
}

// Detach ends that a device witnesses a shipment.
func (*Shipments) Detach(ctx Context, r waymark.DetachDeviceRequest) (*waymark.Attachment, error) {
	return do(ctx, r, custody.Detach)
}

// Hold sets a hold on a shipment.
func (*Shipments) Hold(ctx Context, r waymark.HoldRequest) (*waymark.Hold, error) {
	return do(ctx, r, custody.Hold)
}

// LiftHold ends a hold.
func (*Shipments) LiftHold(ctx Context, r waymark.HoldRequest) (*waymark.Hold, error) {
	return do(ctx, r, custody.LiftHold)
}

// Titles is the contract for who owns the goods of shipments.
type Titles struct{ base }

// Offer offers title.
func (*Titles) Offer(ctx Context, r waymark.OfferTitleRequest) (*waymark.TitleOffer, error) {
	return do(ctx, r, title.Offer)
}

// Accept makes the caller's member the holder of title that was offered to it.
func (*Titles) Accept(ctx Context, r waymark.AcceptTitleRequest) (*waymark.TitleOffer, error) {
	return do(ctx, r, title.Accept)
}

// Decline turns an offer of title down.
func (*Titles) Decline(ctx Context, r waymark.EndTitleOfferRequest) (*waymark.TitleOffer, error) {
	return do(ctx, r, title.Decline)
}

// Cancel withdraws an offer of title.
func (*Titles) Cancel(ctx Context, r waymark.EndTitleOfferRequest) (*waymark.TitleOffer, error) {
	return do(ctx, r, title.Cancel)
}

// Get returns who holds title to a shipment.
func (*Titles) Get(ctx Context, q waymark.ShipmentQuery) (*waymark.TitleView, error) {
	return do(ctx, q, title.Get)
}
