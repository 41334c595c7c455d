package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// settingsOfGateway lift what one caller may ask in a second: the bench asks as much as otherwise many would.
const settingsOfGateway = `
limits:
  rates:
    read: {per_second: 100000, burst: 100000}
    write: {per_second: 100000, burst: 100000}
`

// lift has the gateway that is asked take as much of one caller as it can, and waits until it is ready.
func lift(ctx context.Context, local *localnet.Network, n *endpoints.Network) error {
	if err := local.Configure(ctx, member, settingsOfGateway); err != nil {
		return err
	}
	a, err := app.New(n, member, waymark.Viewer)
	if err != nil {
		return err
	}
	defer a.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, err := a.Readiness(ctx)
		if err == nil {
			return nil
		}
		if over := pause(ctx, 100*time.Millisecond); over != nil {
			return fmt.Errorf("the gateway is not ready: %w", errors.Join(err, over))
		}
	}
}
