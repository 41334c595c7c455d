package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Ledger is what one peer has committed.
type Ledger struct {
	Member string
	Height uint64
	Tip    [32]byte // identifies the last block and all before it
	// Recorded holds, by device and sequence number, the transactions that
	// recorded the message: exactly one, or the ledger counted it twice.
	Recorded map[string]map[uint64][]string
	// Order holds, by device, the sequence numbers as they were recorded, one after another.
	Order map[string][]uint64
	// Valid and Invalid count transactions.
	Valid, Invalid int
}

// Read reads a peer's whole ledger up to height, 0 for all that it has now.
func (p *Peer) Read(ctx context.Context, height uint64) (*Ledger, error) {
	if height == 0 {
		var err error
		if height, err = p.Height(ctx); err != nil {
			return nil, err
		}
	}
	return p.readFrom(ctx, 0, height)
}

// readFrom reads what is in the blocks from one on, up to height.
func (p *Peer) readFrom(ctx context.Context, from, height uint64) (*Ledger, error) {
	l := &Ledger{Member: p.Member, Height: height, Recorded: map[string]map[uint64][]string{}, Order: map[string][]uint64{}}
	err := p.blocksFrom(ctx, from, height, func(b *common.Block) error {
		l.Tip = headerHash(b)
		return l.add(b)
	})
	return l, err
}

func (l *Ledger) add(b *common.Block) error {
	transactions, err := parseBlock(b)
	if err != nil {
		return fmt.Errorf("block %d of %s: %w", b.GetHeader().GetNumber(), l.Member, err)
	}
	for _, t := range transactions {
		if !t.valid {
			l.Invalid++
			continue
		}
		l.Valid++
		if t.result == nil {
			continue
		}
		for _, r := range t.result.Results {
			if r.Outcome == waymark.Recorded {
				l.record(r.Device, r.Sequence, t.id)
			}
		}
	}
	return nil
}

func (l *Ledger) record(device string, sequence uint64, txID string) {
	if l.Recorded[device] == nil {
		l.Recorded[device] = map[uint64][]string{}
	}
	l.Recorded[device][sequence] = append(l.Recorded[device][sequence], txID)
	l.Order[device] = append(l.Order[device], sequence)
}

// Doubled returns "device/number" of every message that was recorded more than once.
func (l *Ledger) Doubled() []string {
	var doubled []string
	for _, device := range slices.Sorted(maps.Keys(l.Recorded)) {
		for _, n := range slices.Sorted(maps.Keys(l.Recorded[device])) {
			if len(l.Recorded[device][n]) > 1 {
				doubled = append(doubled, fmt.Sprintf("%s/%d", device, n))
			}
		}
	}
	return doubled
}

// Missing returns the numbers from 1 to last of a device that are not recorded.
func (l *Ledger) Missing(device string, last uint64) []uint64 {
	var missing []uint64
	for n := uint64(1); n <= last; n++ {
		if len(l.Recorded[device][n]) == 0 {
			missing = append(missing, n)
		}
	}
	return missing
}

// Late returns how many messages of a device were recorded after one with a greater number.
func (l *Ledger) Late(device string) int {
	late, greatest := 0, uint64(0)
	for _, n := range l.Order[device] {
		if n < greatest {
			late++
		}
		greatest = max(greatest, n)
	}
	return late
}

// ReadAll reads the ledger of every member's peer up to the greatest height that
// all of them have, and fails unless they are the same.
func ReadAll(ctx context.Context, n *endpoints.Network) ([]*Ledger, error) {
	return ReadSince(ctx, n, 0)
}

// ReadSince is ReadAll without what is in the blocks before one, which every peer has.
func ReadSince(ctx context.Context, n *endpoints.Network, from uint64) ([]*Ledger, error) {
	var peers []*Peer
	defer func() {
		for _, p := range peers {
			_ = p.Close()
		}
	}()
	lowest := ^uint64(0)
	for _, member := range slices.Sorted(maps.Keys(n.Members)) {
		p, err := Connect(n, member)
		if err != nil {
			return nil, err
		}
		peers = append(peers, p)
		height, err := p.Height(ctx)
		if err != nil {
			return nil, err
		}
		lowest = min(lowest, height)
	}
	var ledgers []*Ledger
	for _, p := range peers {
		l, err := p.readFrom(ctx, from, lowest)
		if err != nil {
			return nil, err
		}
		if len(ledgers) > 0 && l.Tip != ledgers[0].Tip {
			return nil, fmt.Errorf("the ledgers of %s and %s differ at height %d", ledgers[0].Member, l.Member, lowest)
		}
		ledgers = append(ledgers, l)
	}
	return ledgers, nil
}
