package model

import (
	"context"
	"slices"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// AnchoredConditions reports whether a shipment has conditions that are judged on anchored messages, for the gateway itself.
//
// Codes: Unavailable, NotFound.
func (m *Model) AnchoredConditions(ctx context.Context, shipment string) (some bool, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		of, err := rules.Require[waymark.Shipment](records{ctx, s}, rules.ShipmentKey(shipment), "shipment "+shipment)
		if err != nil {
			return err
		}
		some = slices.ContainsFunc(of.Conditions, func(c waymark.Condition) bool { return c.Anchored })
		return nil
	})
	return some, err
}

// Checked returns the anchored windows of a device with messages above after and up to last, but for those whose check was given up, in their order,
// for the gateway itself. All of them are checked if last is.
//
// Codes: Unavailable.
func (m *Model) Checked(ctx context.Context, device string, after, last uint64) (checked []ledger.Anchored, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		r := records{ctx, s}
		at, err := stream.Load(r, device)
		if err != nil || at.Anchored == nil {
			return err
		}
		return r.Scan(rules.Windows(device, after+1, last), func(value []byte) error {
			w, err := window.Decode(device, value)
			given := func(f waymark.Run) bool { return f.First <= w.First && w.Last <= f.Last }
			if err != nil || w.Body == "" || slices.ContainsFunc(at.Anchored.Forfeited, given) {
				return err
			}
			position, err := r.written(rules.WindowKey(device, w.First))
			checked = append(checked, ledger.Anchored{First: w.First, Last: w.Last, Block: position.Block})
			return err
		})
	})
	return checked, err
}
