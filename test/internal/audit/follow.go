package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Follow calls visit with what each block from one on has recorded, as soon as the peer has it, until
// ctx ends. It returns nil then.
func (p *Peer) Follow(ctx context.Context, from uint64, visit func([]Recorded)) error {
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := p.gateway.GetNetwork(p.channel).BlockEvents(following, client.WithStartBlock(from))
	if err != nil {
		return fmt.Errorf("follow the blocks of %s: %w", p.Member, err)
	}
	var failed error
	for block := range events { // drained to its end, or the library leaks a goroutine
		recorded, err := recordedIn(block)
		if failed = errors.Join(failed, err); failed != nil {
			cancel()
			continue
		}
		visit(recorded)
	}
	if failed == nil && ctx.Err() == nil {
		return fmt.Errorf("follow the blocks of %s: the stream ended", p.Member)
	}
	return failed
}

func recordedIn(b *common.Block) ([]Recorded, error) {
	transactions, err := parseBlock(b)
	if err != nil {
		return nil, err
	}
	var all []Recorded
	for _, t := range transactions {
		recorded, err := t.recorded()
		if err != nil {
			return nil, err
		}
		all = append(all, recorded...)
	}
	return all, nil
}
