package anchored

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// peer has blocks, each of which recorded so many anchored windows.
type peer struct {
	windows int
	read    atomic.Int64
	hold    chan struct{} // while it is open nothing is given
	fail    error
}

func (p *peer) block(number uint64) ledger.Block {
	tx := ledger.BlockTransaction{TxID: fmt.Sprintf("%064x", number), Status: ledger.Valid}
	for n := range p.windows {
		w := waymark.Window{Device: deviceOf(n), First: number, Last: number, Owner: "producer", Key: "k1", Readings: 1, Series: []waymark.Series{},
			Digests: make([]byte, waymark.DigestPrefix), Body: fmt.Sprintf("%064x", number), Root: make([]byte, 32), Recorded: waymark.Stamp{TxID: tx.TxID, Member: "producer"}}
		tx.Writes = append(tx.Writes, ledger.Write{Key: fmt.Sprintf("window/%s/%020d", w.Device, number), Value: window.Encode(w)})
	}
	return ledger.Block{Number: number, Hash: slices.Repeat([]byte{byte(number)}, 32), Transactions: []ledger.BlockTransaction{tx}}
}

func deviceOf(n int) string { return fmt.Sprintf("d%d", n) }

func (p *peer) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	p.read.Add(1)
	select {
	case <-p.hold:
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.fail != nil {
		return p.fail
	}
	return take(p.block(from))
}

func open() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// TestSeenIsBounded by blocks and by windows, those that came first go, and what has gone is read again.
func TestSeenIsBounded(t *testing.T) {
	for name, c := range map[string]struct{ blocks, windows, want int }{"blocks": {4, 1000, 4}, "windows": {1000, 9, 3}, "one block is always there": {1000, 2, 1}} {
		p := &peer{windows: 3, hold: open()}
		s := newSeen(p)
		s.mostBlocks, s.mostWindows = c.blocks, c.windows
		for n := range uint64(20) {
			s.note(p.block(n))
			s.note(p.block(n)) // which changes nothing
		}
		if len(s.blocks) != c.want || len(s.order) != c.want || s.windows != 3*c.want {
			t.Errorf("%s: %d blocks, %d in order, %d windows; want %d blocks", name, len(s.blocks), len(s.order), s.windows, c.want)
		}
		for _, number := range []uint64{19, 2} {
			if hash, err := s.hash(t.Context(), place{"d1", number}, number); err != nil || hash[0] != byte(number) {
				t.Errorf("%s: hash %x, %v", name, hash, err)
			}
		}
		if p.read.Load() != 1 {
			t.Errorf("%s: read %d blocks", name, p.read.Load())
		}
		if _, err := s.hash(t.Context(), place{"d1", 2}, 3); !errors.Is(err, errElsewhere) {
			t.Errorf("%s: another block's window: %v", name, err)
		}
	}
}

// TestABlockIsReadOnceForAll who ask meanwhile; who fails leaves it to the others, and who has gone waits for nobody.
func TestABlockIsReadOnceForAll(t *testing.T) {
	p := &peer{windows: 1, hold: make(chan struct{})}
	s := newSeen(p)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := s.hash(t.Context(), place{"d0", 7}, 7); err != nil {
				t.Error(err)
			}
		})
	}
	for p.read.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := s.hash(gone, place{"d0", 7}, 7); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone: %v", err)
	}
	close(p.hold)
	all.Wait()
	if p.read.Load() != 1 {
		t.Errorf("read %d times", p.read.Load())
	}
	p.fail = errors.New("away")
	for range 2 {
		if _, err := s.hash(t.Context(), place{"d0", 8}, 8); !errors.Is(err, p.fail) {
			t.Errorf("a peer that is away: %v", err)
		}
	}
}
