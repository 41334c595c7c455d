package main

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
)

// health are the rows of /readyz.
func (p *parts) health() []health.Part {
	rows := []health.Part{
		{Name: "chaincode", Check: p.ledger.Ready},
		{Name: "blocks", Check: p.followsBlocks},
		{Name: "database", Check: p.requests.Check, Optional: true}, // replicas share it: all of them would go
		{Name: "model", Check: p.feed.Check, Optional: true, How: p.feed.Who},
		{Name: "audit", Check: p.audit.Check},
		{Name: "tokens", Check: p.tokens.check},
		{Name: "log", Check: p.stderr.check, Optional: true}, // nobody waits for whoever reads it
		{Name: "keys", Check: p.keys.Check, Optional: true},  // the ones before are still in force
	}
	if p.store != nil {
		rows = append(rows, health.Part{Name: "store", Check: p.store.Check, Optional: true}) // all else goes on without it
	}
	return rows
}

// followsBlocks returns Unavailable while the peer's blocks are not read.
func (p *parts) followsBlocks(context.Context) error {
	if p.ledger.Stream().Connected {
		return nil
	}
	return waymark.Errorf(waymark.Unavailable, "the peer's blocks are not being read")
}
