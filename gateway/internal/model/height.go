package model

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// height is how many blocks the model is known to have, and who waits for more.
type height struct {
	mu      sync.Mutex
	n       uint64
	least   uint64        // that an answer rests on: as many as there were once, here or at the peer
	grown   chan struct{} // closed with the next block
	asked   time.Time     // when n was found out last, by whatever way
	looking chan struct{} // has one place, for who asks the database for all who wait
}

func newHeight() height { return height{grown: make(chan struct{}), looking: make(chan struct{}, 1)} }

// reached notes how many blocks the model has: fewer than before while it is being made anew.
func (m *Model) reached(n uint64) {
	m.height.mu.Lock()
	defer m.height.mu.Unlock()
	m.height.set(n)
}

// looked is reached by what was read of the database when grown was that of now: unless there were more blocks meanwhile.
func (m *Model) looked(n uint64, grown <-chan struct{}) {
	h := &m.height
	h.mu.Lock()
	defer h.mu.Unlock()
	if n >= h.n || grown == h.grown {
		h.set(n)
	}
}

// set needs the lock.
func (h *height) set(n uint64) {
	h.asked = time.Now()
	h.least = max(h.least, n)
	grows := n > h.n
	if h.n = n; grows {
		close(h.grown)
		h.grown = make(chan struct{})
	}
}

// Require says how many blocks the ledger has: before the model has as many it answers nothing, since what it would say was so once.
func (m *Model) Require(blocks uint64) {
	m.height.mu.Lock()
	defer m.height.mu.Unlock()
	m.height.least = max(m.height.least, blocks)
}

// enough fails with Unavailable if an answer cannot rest on so many blocks.
func enough(n, least uint64) error {
	switch {
	case n == 0:
		return errEmpty
	case n < least:
		return waymark.Errorf(waymark.Unavailable, "the read model has %d blocks of %d: retry when it is whole", n, least)
	}
	return nil
}

// snapshot has do read the model as it is at one moment, with the last block that it has.
//
// Codes: Unavailable while it has not all that there were once.
func (m *Model) snapshot(ctx context.Context, do func(ctx context.Context, s database.Statements, last uint64) error) error {
	if m.foreign.Load() {
		return errForeign
	}
	least := m.height.needed() // before it begins: there can be more meanwhile
	var answered error
	err := m.db.Snapshot(ctx, func(ctx context.Context, s database.Statements) error {
		at, err := checkpoint(ctx, s)
		if err == nil {
			err = enough(at.Height, least)
		}
		if err != nil {
			return err
		}
		answered = do(ctx, s, at.Height-1)
		return answered
	})
	if answered == nil {
		err = ofDatabase(err)
	}
	return away(err)
}

var errForeign = waymark.Errorf(waymark.Unavailable, "the read model is of another ledger than the peer's: the operator has to remove it")

// needed is how many blocks there must be.
func (h *height) needed() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.least
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

// known is Height as it was lookEvery ago, or later. Codes: as snapshot.
func (m *Model) known(ctx context.Context) (uint64, error) {
	if m.foreign.Load() {
		return 0, errForeign
	}
	least := m.height.needed()
	n, _, asked := m.height.now()
	if n == 0 || time.Since(asked) >= lookEvery {
		var err error
		if n, err = m.find(ctx); err != nil {
			return 0, err
		}
	}
	return n, enough(n, least)
}

// find asks the database how many blocks there are.
func (m *Model) find(ctx context.Context) (uint64, error) {
	_, grown, _ := m.height.now()
	at, err := m.Checkpoint(ctx)
	if err == nil {
		m.looked(at.Height, grown)
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
			m.watch(ctx, grown)
			<-m.height.looking
		}
	}
}

// watch asks the database how many blocks there are until there are more, or ctx is done. One of all who wait does so.
func (m *Model) watch(ctx context.Context, grown <-chan struct{}) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-grown:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = m.find(ctx) // or at the next tick
		}
	}
}
