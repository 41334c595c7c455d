package audit

import (
	"context"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/encoding/protowire"
)

// viewField is view_id in SmartBFT's ViewMetadata.
const viewField = 1

// View returns the number of the view in which the peer's last block was ordered. The leader of a view is,
// while leaders do not rotate, that of the consenters in the order of their ids whose place is the
// number's remainder by how many they are.
func (p *Peer) View(ctx context.Context) (uint64, error) {
	height, err := p.Height(ctx)
	if err != nil {
		return 0, err
	}
	var view uint64
	err = p.blocksFrom(ctx, height-1, height, func(b *common.Block) error {
		view, err = viewOf(b)
		return err
	})
	return view, err
}

func viewOf(b *common.Block) (uint64, error) {
	var signatures common.Metadata
	var ordered common.OrdererBlockMetadata
	if err := unmarshal(b.GetMetadata().GetMetadata()[common.BlockMetadataIndex_SIGNATURES], &signatures); err != nil {
		return 0, err
	}
	if err := unmarshal(signatures.GetValue(), &ordered); err != nil {
		return 0, err
	}
	for rest := ordered.GetConsenterMetadata(); len(rest) > 0; {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return 0, protowire.ParseError(n)
		}
		if number == viewField && kind == protowire.VarintType {
			view, m := protowire.ConsumeVarint(rest[n:])
			return view, protowire.ParseError(m)
		}
		m := protowire.ConsumeFieldValue(number, kind, rest[n:])
		if m < 0 {
			return 0, protowire.ParseError(m)
		}
		rest = rest[n+m:]
	}
	return 0, nil // proto3 leaves a zero out
}
