package followers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// Blocks is when a bare stream of Fabric's had each block: the peer has committed it then.
type Blocks struct {
	stop func() error

	mu   sync.Mutex
	seen map[uint64]time.Time
}

// follow notes when blocks come, until ctx is done.
func (b *Blocks) follow(stream <-chan *peer.FilteredBlock) {
	for block := range stream {
		now := time.Now()
		b.mu.Lock()
		b.seen[block.GetNumber()] = now
		b.mu.Unlock()
	}
}

// Watch notes when a member's peer has each block from now on, until the end.
func Watch(ctx context.Context, n *endpoints.Network, member string) (*Blocks, error) {
	p, err := audit.ConnectAs(n, member, waymark.Viewer)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	stream, err := p.Commits(ctx)
	if err != nil {
		stop()
		return nil, errors.Join(err, p.Close())
	}
	b := &Blocks{seen: map[uint64]time.Time{}}
	var reading sync.WaitGroup
	reading.Go(func() { b.follow(stream) })
	b.stop = func() error {
		stop()
		reading.Wait()
		return p.Close()
	}
	return b, nil
}

// Close ends it.
func (b *Blocks) Close() error { return b.stop() }
