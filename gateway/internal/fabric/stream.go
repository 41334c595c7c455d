package fabric

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// checkEvery is how often the peer is asked how many blocks it has.
const checkEvery = 10 * time.Second

var (
	errStreamEnded = errors.New("the peer ended the stream of blocks")
	errStreamStuck = errors.New("the stream of blocks brought nothing, and the peer has more")
)

// StreamState is how far the client follows the blocks of its peer.
type StreamState struct {
	Connected bool      // blocks are being read
	Since     time.Time // when Connected became what it is
	Err       error     // why it is not connected; nil if it is, or has not tried
	Block     uint64    // the last block that was read
	Behind    uint64    // how many more the peer had when it was asked last, at most checkEvery ago
	Pending   int       // transactions that wait for their block
}

// source is a peer as a stream reads it.
type source interface {
	// height returns how many blocks the peer has, at least one.
	height(ctx context.Context) (uint64, error)
	// filtered sends the blocks from a number on, that one first, also if it is an old
	// one. The channel ends when the stream breaks, or some time after ctx is done, and
	// must be read to its end.
	filtered(ctx context.Context, from uint64) (<-chan *peer.FilteredBlock, error)
}

// stream follows the blocks that the peer commits and tells whoever waits for a
// transaction. It begins with the last block that the peer has, and goes on from the last
// that it read, so that no block goes by unseen however often it breaks. What needs whole
// blocks has the same loop over a source of those.
type stream struct {
	source source

	mu      sync.Mutex
	begun   bool // state.Block has a meaning
	state   StreamState
	checked uint64 // state.Block when the peer was asked for its height last
	waiting map[string][]*waiter
}

func newStream(s source) *stream {
	return &stream{source: s, waiting: make(map[string][]*waiter), state: StreamState{Since: time.Now()}}
}

// run follows the blocks until ctx is done.
func (s *stream) run(ctx context.Context) {
	for round := 1; ; round++ {
		read, err := s.follow(ctx)
		s.broke(err)
		if read {
			round = 1
		}
		if !pause.For(ctx, pauseBefore(round)) {
			return
		}
	}
}

// follow reads blocks until the stream breaks, and says whether there were any.
func (s *stream) follow(ctx context.Context) (read bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	from, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	blocks, err := s.source.filtered(ctx, from)
	if err != nil {
		return false, fmt.Errorf("read blocks: %w", err)
	}
	var watch sync.WaitGroup
	watch.Go(func() { s.watch(ctx, cancel) })
	for block := range blocks { // drained, or its sender would wait for ever
		if ctx.Err() != nil {
			continue
		}
		if err := s.take(block); err != nil {
			cancel(err)
		}
		read = true
	}
	cancel(errStreamEnded)
	watch.Wait()
	return read, context.Cause(ctx)
}

// begin returns the block to start with.
func (s *stream) begin(ctx context.Context) (uint64, error) {
	s.mu.Lock()
	begun, from := s.begun, s.state.Block
	s.mu.Unlock()
	if begun {
		return from, nil
	}
	height, err := s.source.height(ctx)
	if err != nil {
		return 0, fmt.Errorf("ask for the height: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun, s.state.Block = true, height-1
	return height - 1, nil
}

// hasBegun reports whether every block from now on will be seen.
func (s *stream) hasBegun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// watch measures how far the stream is behind, and ends it if it is stuck.
func (s *stream) watch(ctx context.Context, end context.CancelCauseFunc) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if height, err := s.source.height(ctx); err == nil && s.stuck(height) {
				end(errStreamStuck)
			}
		}
	}
}

// stuck notes how far the stream is behind, and reports whether it was so already the last time
// and has brought nothing since. One that is slow and brings blocks is not.
func (s *stream) stuck(height uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	still := s.state.Behind > 0 && s.state.Block == s.checked
	s.checked, s.state.Behind = s.state.Block, 0
	if height > s.state.Block+1 {
		s.state.Behind = height - s.state.Block - 1
	}
	return still && s.state.Behind > 0
}

// take tells the waiting what a block did. It fails for a block that is not the next one.
func (s *stream) take(block *peer.FilteredBlock) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := block.GetNumber()
	if number > s.state.Block+1 {
		return fmt.Errorf("the peer sent block %d after %d", number, s.state.Block)
	}
	s.state.Block = max(number, s.state.Block)
	if !s.state.Connected {
		s.state.Connected, s.state.Since, s.state.Err = true, time.Now(), nil
	}
	s.tell(block, true)
	s.tell(block, false)
	return nil
}

// tell tells of what is valid in a block, or of what is not. The valid comes first: before it in the same block
// can be what somebody else has put there under its id, and is invalid for that. It needs the lock.
func (s *stream) tell(block *peer.FilteredBlock, valid bool) {
	for position, tx := range block.GetFilteredTransactions() {
		code := tx.GetTxValidationCode()
		if (code == peer.TxValidationCode_VALID) != valid {
			continue
		}
		for _, w := range s.waiting[tx.GetTxid()] {
			w.tell(fate{block: block.GetNumber(), position: position, code: code})
		}
	}
}

func (s *stream) broke(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Connected {
		s.state.Connected, s.state.Since = false, time.Now()
	}
	s.state.Err = err
}

// now returns how the stream is.
func (s *stream) now() StreamState {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	state.Pending = len(s.waiting)
	return state
}
