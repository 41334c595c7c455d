package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

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

// newLedger is what a member's peer has before its first block.
func newLedger(member string) *Ledger {
	return &Ledger{Member: member, Recorded: map[string]map[uint64][]string{}, Order: map[string][]uint64{}}
}

// extend adds what is in a peer's blocks from one on, up to height.
func (l *Ledger) extend(ctx context.Context, p *Peer, from, height uint64) error {
	if from >= height {
		return nil
	}
	l.Height = height
	return p.blocksFrom(ctx, from, height, func(b *common.Block) error {
		l.Tip = headerHash(b)
		return l.add(b)
	})
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
		recorded, err := t.recorded()
		if err != nil {
			return fmt.Errorf("block %d of %s: %w", b.GetHeader().GetNumber(), l.Member, err)
		}
		for _, m := range recorded {
			l.record(m.Device, m.Sequence, t.id)
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
	r := Reader{network: n, from: from}
	return r.Read(ctx)
}
