package model

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// height is how many blocks the model is known to have, and who waits for more.
type height struct {
	mu      sync.Mutex
	n       uint64
	grown   chan struct{} // closed with the next block
	asked   time.Time     // when n was found out last, by whatever way
	looking chan struct{} // has one place, for who asks the database for all who wait
}

func newHeight() height { return height{grown: make(chan struct{}), looking: make(chan struct{}, 1)} }

// reached notes how many blocks the model has.
func (m *Model) reached(n uint64) {
	h := &m.height
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = time.Now()
	if n <= h.n {
		return
	}
	h.n = n
	close(h.grown)
	h.grown = make(chan struct{})
}

// Height is how many blocks the model is known to have here; another gateway may have fed it more.
func (m *Model) Height() uint64 {
	n, _, _ := m.height.now()
	return n
}

// now is how many blocks there are, what is closed when there are more, and when that was found out.
func (h *height) now() (n uint64, grown <-chan struct{}, asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n, h.grown, h.asked
}

// known is Height as it was lookEvery ago, or later.
func (m *Model) known(ctx context.Context) (uint64, error) {
	if n, _, asked := m.height.now(); n > 0 && time.Since(asked) < lookEvery {
		return n, nil
	}
	at, err := m.Checkpoint(ctx)
	if err == nil {
		m.reached(at.Height)
	}
	return at.Height, err
}

// lookEvery is how often the database is asked what other gateways have fed the model.
const lookEvery = 50 * time.Millisecond

// Await returns once the model has a block: Unavailable when ctx is done first.
func (m *Model) Await(ctx context.Context, block uint64) error {
	for {
		n, grown, _ := m.height.now()
		if n > block {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return waymark.Errorf(waymark.Unavailable, "the read model has %d blocks, and not block %d yet: retry later", n, block)
		case m.height.looking <- struct{}{}:
			m.look(ctx, grown)
			<-m.height.looking
		}
	}
}

// look asks the database how many blocks there are until there are more, or ctx is done. One of all who wait does so.
func (m *Model) look(ctx context.Context, grown <-chan struct{}) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-grown:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			if at, err := m.Checkpoint(ctx); err == nil {
				m.reached(at.Height)
			}
		}
	}
}
