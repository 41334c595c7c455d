package main

import (
	"context"

	"github.com/waymark-ledger/waymark/test/internal/fabriciot"
	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// conditions are those of the machine, and of both sides.
type conditions struct {
	figures.Conditions
	theirs string // commit of fabric-iot
}

func observe(ctx context.Context, root string, b fabriciot.Builder) (c conditions, err error) {
	if c.theirs, err = b.Commit(ctx); err != nil {
		return c, err
	}
	c.Conditions, err = figures.Observe(ctx, root)
	return c, err
}
