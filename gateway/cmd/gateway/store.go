package main

import (
	"fmt"

	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
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
