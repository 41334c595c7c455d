package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Reader reads the ledgers of all members' peers again and again, and each block once: what is in one never changes, as the hash in the
// next one says. It is not safe for concurrent use.
type Reader struct {
	network *endpoints.Network
	from    uint64 // the first block that was not read
	ledgers []*Ledger
}

// NewReader reads the ledgers from their first block on.
func NewReader(n *endpoints.Network) *Reader { return &Reader{network: n} }

// Read returns all that was ever read, up to the greatest height that all peers have now, and fails unless their ledgers are the same. What it
// returns is the reader's own.
func (r *Reader) Read(ctx context.Context) ([]*Ledger, error) {
	peers, lowest, err := r.connect(ctx)
	defer func() {
		for _, p := range peers {
			_ = p.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	if r.ledgers == nil {
		for _, p := range peers {
			r.ledgers = append(r.ledgers, newLedger(p.Member))
		}
	}
	for i, l := range r.ledgers {
		if err := l.extend(ctx, peers[i], r.from, lowest); err != nil {
			r.ledgers, r.from = nil, 0 // part of it may be read
			return nil, err
		}
		if first := r.ledgers[0]; l.Tip != first.Tip {
			return nil, fmt.Errorf("the ledgers of %s and %s differ at height %d", first.Member, l.Member, lowest)
		}
	}
	r.from = max(r.from, lowest)
	return r.ledgers, nil
}

// connect returns the peers, by member, and the height that all of them have.
func (r *Reader) connect(ctx context.Context) (peers []*Peer, lowest uint64, err error) {
	lowest = ^uint64(0)
	for _, member := range slices.Sorted(maps.Keys(r.network.Members)) {
		p, err := Connect(r.network, member)
		if err != nil {
			return peers, 0, err
		}
		peers = append(peers, p)
		height, err := p.Height(ctx)
		if err != nil {
			return peers, 0, err
		}
		lowest = min(lowest, height)
	}
	return peers, lowest, nil
}
