package anchored

import (
	"context"
	"errors"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// mostSeen bounds the windows whose blocks are remembered. What is not remembered is looked up.
const mostSeen = 100_000

// place is the window that begins with a message of a device.
type place struct {
	device string
	first  uint64
}

// block names a block as its own peer has it.
type block struct {
	number uint64
	hash   string // of its header, bytes
}

// seen are the blocks that recorded anchored windows, as the member's own peer gave them. It is safe for concurrent use.
type seen struct {
	source Source
	mu     sync.Mutex
	blocks map[place]block
}

// note remembers the windows of a block. What cannot be read as one no rule wrote.
func (s *seen) note(b ledger.Block) {
	for _, tx := range b.Transactions {
		windows, _ := windowsIn(tx, func(waymark.Window) bool { return true })
		for _, w := range windows {
			s.put(place{w.Device, w.First}, block{b.Number, string(b.Hash)})
		}
	}
}

func (s *seen) put(at place, b block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks == nil || len(s.blocks) >= mostSeen {
		s.blocks = map[place]block{}
	}
	s.blocks[at] = b
}

func (s *seen) find(at place) (block, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, found := s.blocks[at]
	return b, found
}

// forget makes room for others.
func (s *seen) forget(at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blocks, at)
}

// errElsewhere says that a window is not recorded by the block that is said to do so.
var errElsewhere = errors.New("another block has the window, or none")

// hash returns the hash of the block that recorded a window. If it was not seen the block that somebody says it is is read. It fails
// with errElsewhere if that is another, or if the peer cannot be asked. The peer must have the block.
func (s *seen) hash(ctx context.Context, at place, number uint64) ([]byte, error) {
	if b, found := s.find(at); found {
		if b.number != number {
			return nil, errElsewhere
		}
		return []byte(b.hash), nil
	}
	err := s.source.Follow(ctx, number, func(b ledger.Block) error {
		s.note(b)
		return errEnd
	})
	if !errors.Is(err, errEnd) {
		return nil, err
	}
	if b, found := s.find(at); found && b.number == number {
		return []byte(b.hash), nil
	}
	return nil, errElsewhere
}
