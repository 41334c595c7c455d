package audit

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// PrivateWrites calls visit for each valid transaction that wrote to the private
// collection that the peer's own member has for itself, in the order of the ledger.
func (p *Peer) PrivateWrites(ctx context.Context, visit func(txID string, writes []Write) error) error {
	height, err := p.Height(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	events, err := p.gateway.GetNetwork(p.channel).BlockAndPrivateDataEvents(ctx, client.WithStartBlock(0))
	if err != nil {
		return fmt.Errorf("read private data of %s: %w", p.Member, err)
	}
	var failed error
	done := false
	for block := range events { // drained to its end, or the library leaks a goroutine
		if !done {
			failed = p.privateOf(block, visit)
			done = failed != nil || block.GetBlock().GetHeader().GetNumber()+1 >= height
		}
		if done {
			cancel()
		}
	}
	if !done {
		return fmt.Errorf("read private data of %s: the stream ended early", p.Member)
	}
	return failed
}

// privateOf visits the transactions of one block.
func (p *Peer) privateOf(b *peer.BlockAndPrivateData, visit func(txID string, writes []Write) error) error {
	transactions, err := parseBlock(b.GetBlock())
	if err != nil {
		return fmt.Errorf("block %d: %w", b.GetBlock().GetHeader().GetNumber(), err)
	}
	for _, t := range transactions {
		var writes []Write
		for _, namespace := range b.GetPrivateDataMap()[t.position].GetNsPvtRwset() {
			if !t.valid || namespace.GetNamespace() != p.chaincode {
				continue
			}
			if writes, err = privateWrites(namespace); err != nil {
				return fmt.Errorf("transaction %s: %w", t.id, err)
			}
		}
		if len(writes) == 0 {
			continue
		}
		if err := visit(t.id, writes); err != nil {
			return err
		}
	}
	return nil
}

func privateWrites(namespace *rwset.NsPvtReadWriteSet) ([]Write, error) {
	var writes []Write
	for _, collection := range namespace.GetCollectionPvtRwset() {
		var set kvrwset.KVRWSet
		if err := unmarshal(collection.GetRwset(), &set); err != nil {
			return nil, err
		}
		writes = append(writes, writesOf(&set)...)
	}
	return writes, nil
}
