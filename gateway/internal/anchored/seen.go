package anchored

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Bounds of what is remembered: 40 bytes for each block, and 8 for each window. What is not remembered is read again.
const (
	mostBlocks  = 1 << 16
	mostWindows = 1 << 20
)

// place is the window that begins with a message of a device.
type place struct {
	device string
	first  uint64
}

// seenBlock is a block as its own peer has it.
type seenBlock struct {
	hash    string   // of its header, bytes
	windows []uint64 // marks of the anchored windows that it recorded, sorted
}

// seen are the blocks that the member's own peer gave. It is safe for concurrent use.
type seen struct {
	source      Source
	seed        maphash.Seed // of this process, so that nobody can have two windows with one mark
	mostBlocks  int
	mostWindows int

	mu      sync.Mutex
	blocks  map[uint64]seenBlock
	order   []uint64 // of the blocks that are remembered, as they came
	windows int      // of all of them
	reading map[uint64]chan struct{}
}

func newSeen(s Source) *seen {
	return &seen{source: s, seed: maphash.MakeSeed(), mostBlocks: mostBlocks, mostWindows: mostWindows,
		blocks: map[uint64]seenBlock{}, reading: map[uint64]chan struct{}{}}
}

// mark is of a window.
func (s *seen) mark(at place) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(at.device)
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, at.first))
	return h.Sum64()
}

// note remembers a block. What cannot be read as a window no rule wrote.
func (s *seen) note(b ledger.Block) {
	of := seenBlock{hash: string(b.Hash)}
	for _, tx := range b.Transactions {
		windows, _ := windowsIn(tx, func(waymark.Window) bool { return true })
		for _, w := range windows {
			of.windows = append(of.windows, s.mark(place{w.Device, w.First}))
		}
	}
	slices.Sort(of.windows)
	of.windows = slices.Clip(slices.Compact(of.windows))
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, found := s.blocks[b.Number]; found {
		s.windows += len(of.windows) - len(before.windows)
		s.blocks[b.Number] = of
		return
	}
	s.blocks[b.Number], s.order, s.windows = of, append(s.order, b.Number), s.windows+len(of.windows)
	for len(s.order) > 1 && (len(s.order) > s.mostBlocks || s.windows > s.mostWindows) {
		s.windows -= len(s.blocks[s.order[0]].windows)
		delete(s.blocks, s.order[0])
		s.order = s.order[1:]
	}
}

// errElsewhere says that a window is not recorded by the block that is said to do so.
var errElsewhere = errors.New("another block has the window, or none")

// hash returns the hash of the block that somebody says recorded a window, of which the peer must have it. A block that is not remembered
// is read, once for all who ask. It fails with errElsewhere if the block did not record the window, or if the peer cannot be asked.
func (s *seen) hash(ctx context.Context, at place, number uint64) ([]byte, error) {
	b, err := s.block(ctx, number)
	if err != nil {
		return nil, err
	}
	if _, found := slices.BinarySearch(b.windows, s.mark(at)); !found {
		return nil, errElsewhere
	}
	return []byte(b.hash), nil
}

// block is the one with a number.
func (s *seen) block(ctx context.Context, number uint64) (seenBlock, error) {
	for {
		s.mu.Lock()
		b, found := s.blocks[number]
		others := s.reading[number]
		if !found && others == nil {
			s.reading[number] = make(chan struct{})
		}
		s.mu.Unlock()
		switch {
		case found:
			return b, nil
		case others == nil:
			return s.read(ctx, number)
		}
		select {
		case <-others:
		case <-ctx.Done():
			return seenBlock{}, ctx.Err()
		}
	}
}

// read reads a block, for all who wait for it meanwhile.
func (s *seen) read(ctx context.Context, number uint64) (b seenBlock, err error) {
	err = s.source.Follow(ctx, number, func(b ledger.Block) error {
		if b.Number == number {
			s.note(b)
		}
		return errEnd
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.reading[number])
	delete(s.reading, number)
	b, found := s.blocks[number]
	switch {
	case found:
		return b, nil
	case errors.Is(err, errEnd):
		return b, errElsewhere
	}
	return b, err
}
