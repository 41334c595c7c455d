package audit

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// validationParameter is the name under which Fabric keeps a key's endorsement policy.
var validationParameter = peer.MetaDataKeys_VALIDATION_PARAMETER.String()

// Write is what a transaction did to one key of the chaincode.
type Write struct {
	Key     string
	Value   []byte // nil unless it was set
	Deleted bool
	Policy  []byte // the key's own endorsement policy from then on, nil unless it was set
}

// Writes calls visit for each valid transaction that wrote to the chaincode's state, in
// the order of the ledger.
func (p *Peer) Writes(ctx context.Context, visit func(txID string, writes []Write) error) error {
	height, err := p.Height(ctx)
	if err != nil {
		return err
	}
	return p.Blocks(ctx, height, func(b *common.Block) error {
		transactions, err := parseBlock(b)
		if err != nil {
			return fmt.Errorf("block %d: %w", b.GetHeader().GetNumber(), err)
		}
		for _, t := range transactions {
			writes, err := t.writesTo(p.chaincode)
			if err != nil {
				return err
			}
			if len(writes) == 0 {
				continue
			}
			if err := visit(t.id, writes); err != nil {
				return err
			}
		}
		return nil
	})
}

// writesTo reads what a transaction did to the state of one chaincode: nothing if it is
// not valid.
func (t *transaction) writesTo(chaincode string) ([]Write, error) {
	if !t.valid {
		return nil, nil
	}
	var all rwset.TxReadWriteSet
	if err := unmarshal(t.effects, &all); err != nil {
		return nil, fmt.Errorf("transaction %s: %w", t.id, err)
	}
	var writes []Write
	for _, namespace := range all.GetNsRwset() {
		if namespace.GetNamespace() != chaincode {
			continue
		}
		var set kvrwset.KVRWSet
		if err := unmarshal(namespace.GetRwset(), &set); err != nil {
			return nil, fmt.Errorf("transaction %s: %w", t.id, err)
		}
		writes = append(writes, writesOf(&set)...)
	}
	return writes, nil
}

// writesOf lists values, and then policies.
func writesOf(set *kvrwset.KVRWSet) []Write {
	var writes []Write
	for _, w := range set.GetWrites() {
		writes = append(writes, Write{Key: w.GetKey(), Value: w.GetValue(), Deleted: w.GetIsDelete()})
	}
	for _, m := range set.GetMetadataWrites() {
		for _, entry := range m.GetEntries() {
			if entry.GetName() == validationParameter {
				writes = append(writes, Write{Key: m.GetKey(), Policy: entry.GetValue()})
			}
		}
	}
	return writes
}
