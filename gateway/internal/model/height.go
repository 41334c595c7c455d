package model

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// height is how many blocks the model is known to have, and who waits for more.
type height struct {
	mu    sync.Mutex
	n     uint64
	grown chan struct{} // closed with the next block
	asked time.Time     // when the database was asked last by who waits
}

// due reports whether the database is to be asked, by one of all who wait.
func (h *height) due() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.asked) < lookEvery {
		return false
	}
	h.asked = time.Now()
	return true
}

// reached notes how many blocks the model has.
func (m *Model) reached(n uint64) {
	h := &m.height
	h.mu.Lock()
	defer h.mu.Unlock()
	if n <= h.n {
		return
	}
	h.n = n
	close(h.grown)
	h.grown = make(chan struct{})
}

// Height is how many blocks the model is known to have here; another gateway may have fed it more.
func (m *Model) Height() uint64 {
	m.height.mu.Lock()
	defer m.height.mu.Unlock()
	return m.height.n
}

// known is Height, asked for if it is not known yet.
func (m *Model) known(ctx context.Context) (uint64, error) {
	if n := m.Height(); n > 0 {
		return n, nil
	}
	at, err := m.Checkpoint(ctx)
	m.reached(at.Height)
	return at.Height, err
}

// lookEvery is how often the database is asked what other gateways have fed the model.
const lookEvery = 50 * time.Millisecond

// Await returns once the model has a block: Unavailable when ctx is done first.
func (m *Model) Await(ctx context.Context, block uint64) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		m.height.mu.Lock()
		n, grown := m.height.n, m.height.grown
		m.height.mu.Unlock()
		if n > block {
			return nil
		}
		select {
		case <-grown:
			continue
		case <-ctx.Done():
			return waymark.Errorf(waymark.Unavailable, "the read model has %d blocks, and not block %d yet: retry later", n, block)
		case <-ticker.C:
		}
		if !m.height.due() {
			continue
		}
		if at, err := m.Checkpoint(ctx); err == nil {
			m.reached(at.Height)
		}
	}
}
