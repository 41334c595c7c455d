package model

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Registered returns the record of a device as the model has it, for the gateway itself: nobody's permission is asked, so it
// must not be part of an answer.
//
// Codes: NotFound, also for one that the model has not yet; Unavailable.
func (m *Model) Registered(ctx context.Context, device string) (found *waymark.Device, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		found, err = registry.RequireDevice(records{ctx, s}, device)
		return err
	})
	return found, err
}
