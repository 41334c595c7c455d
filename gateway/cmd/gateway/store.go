package main

import (
	"fmt"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

// openStore opens the store of bodies, if there is one.
func (p *parts) openStore(c config.Store) error {
	if c.Dir == "" {
		return nil
	}
	folder, err := bodies.OpenFolder(c.Dir)
	if err != nil {
		return fmt.Errorf("store.dir: %w", err)
	}
	p.store = folder
	return nil
}

// anchoring is what the recorder anchors with, nil if there is no store.
func (p *parts) anchoring(c config.Config) *messages.Anchoring {
	if p.store == nil {
		return nil
	}
	return &messages.Anchoring{Member: c.Member, Channel: c.Channel, Devices: p.model, Bodies: p.store}
}

// checker sends the checks of what is anchored, nil if there is no store.
func (p *parts) checker(c config.Config) *anchored.Checker {
	if p.store == nil {
		return nil
	}
	return anchored.NewChecker(anchored.Options{
		Member: c.Member, Channel: c.Channel, As: ledger.Identity(c.Store.Identity), Ledger: p.ledger, Records: p.model, Bodies: p.store,
		Timeout: c.Timeouts.Total, Logger: p.log, Registry: p.registry,
	})
}
