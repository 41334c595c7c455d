package fabric

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Follow gives each whole block of the peer from a number on to take, in order, until take
// fails, the stream breaks or ctx is done, and returns why. Who wants more goes on from the last
// block that it took.
func (c *Client) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks, err := c.self().network.BlockEvents(ctx, client.WithStartBlock(from))
	if err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	for block := range blocks { // drained, or its sender would wait for ever
		if ctx.Err() != nil {
			continue
		}
		written, err := writtenIn(block, c.cfg.Chaincode)
		if err == nil && written.Number != from {
			err = fmt.Errorf("the peer sent block %d in place of %d", written.Number, from)
		}
		if err == nil {
			err = take(written)
		}
		if err != nil {
			cancel(err)
		}
		from++
	}
	cancel(errStreamEnded)
	return context.Cause(ctx)
}

// writtenIn reads what the transactions of a chaincode did in a committed block.
func writtenIn(block *common.Block, chaincode string) (ledger.Block, error) {
	hash, err := verify.HeaderHash(block.GetHeader())
	if err != nil {
		return ledger.Block{}, err
	}
	b := ledger.Block{Number: block.GetHeader().GetNumber(), Hash: hash, Previous: block.GetHeader().GetPreviousHash()}
	for position, raw := range block.GetData().GetData() {
		tx, err := written(raw, validation(block, position), chaincode)
		if err != nil {
			return ledger.Block{}, fmt.Errorf("block %d, position %d: %w", b.Number, position, err)
		}
		if tx != nil {
			tx.Position = position
			b.Transactions = append(b.Transactions, *tx)
		}
	}
	return b, nil
}

// written reads a transaction that called the chaincode or wrote its records, nil if it did neither. Orderers
// take any bytes, so what cannot be read is nobody's business, unless the peer found it valid.
func written(raw []byte, status, chaincode string) (*ledger.BlockTransaction, error) {
	e, err := parseEnvelope(raw)
	if err == nil && common.HeaderType(e.header.GetType()) != common.HeaderType_ENDORSER_TRANSACTION {
		return nil, nil //nolint:nilnil // none
	}
	tx := &ledger.BlockTransaction{Status: status}
	ours := false
	if err == nil {
		ours, err = learn(tx, e, chaincode)
	}
	switch {
	case err != nil && status == ledger.Valid:
		return nil, err
	case err != nil || !ours:
		return nil, nil //nolint:nilerr,nilnil // see above
	}
	return tx, nil
}

// learn reads a transaction, and reports whether it concerns the chaincode. Another chaincode that calls this one
// writes its records too, in a transaction with a function and an event that are not this one's.
func learn(tx *ledger.BlockTransaction, e envelope, chaincode string) (ours bool, err error) {
	creator, err := e.creator()
	if err != nil {
		return false, err
	}
	tx.TxID, tx.Member, tx.Time = e.header.GetTxId(), creator.MSPID, claimed(e.header.GetTimestamp())
	action, err := e.action()
	if err != nil {
		return false, err
	}
	args, called, err := invoked(action)
	if err != nil {
		return false, err
	}
	if ours = called == chaincode; ours {
		tx.Function, tx.Request = text(args, 0), text(args, 1)
	}
	if tx.Status != ledger.Valid {
		return ours, nil
	}
	err = did(tx, action, chaincode)
	return ours || len(tx.Writes) > 0, err
}

// claimed is the time that a creator claims, which nobody has looked at if the chaincode was not asked: that of nothing
// for what is before 1970, or behind the years that have four digits.
func claimed(at *timestamppb.Timestamp) time.Time {
	t := at.AsTime()
	if at.CheckValid() != nil || t.Unix() < 0 || t.Year() > 9999 {
		return time.Unix(0, 0).UTC()
	}
	return t
}

func text(args [][]byte, n int) string {
	if n < len(args) {
		return string(args[n])
	}
	return ""
}

// invoked returns the arguments of a call and the chaincode that was called.
func invoked(action *peer.ChaincodeActionPayload) (args [][]byte, chaincode string, err error) {
	var payload peer.ChaincodeProposalPayload
	if err := proto.Unmarshal(action.GetChaincodeProposalPayload(), &payload); err != nil {
		return nil, "", fmt.Errorf("decode proposal payload: %w", err)
	}
	var invocation peer.ChaincodeInvocationSpec
	if err := proto.Unmarshal(payload.GetInput(), &invocation); err != nil {
		return nil, "", fmt.Errorf("decode invocation: %w", err)
	}
	spec := invocation.GetChaincodeSpec()
	return spec.GetInput().GetArgs(), spec.GetChaincodeId().GetName(), nil
}

// did reads what a transaction answered, told and wrote.
func did(tx *ledger.BlockTransaction, payload *peer.ChaincodeActionPayload, chaincode string) error {
	var response peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	var results rwset.TxReadWriteSet
	err := proto.Unmarshal(payload.GetAction().GetProposalResponsePayload(), &response)
	err = errors.Join(err, proto.Unmarshal(response.GetExtension(), &action))
	err = errors.Join(err, proto.Unmarshal(action.GetResults(), &results))
	if err != nil {
		return fmt.Errorf("decode the response of transaction %s: %w", tx.TxID, err)
	}
	if tx.Function != "" {
		tx.Result = action.GetResponse().GetPayload()
	}
	if tx.Event, err = told(action.GetEvents(), chaincode); err == nil {
		err = wrote(tx, &results, chaincode)
	}
	if err != nil {
		return fmt.Errorf("transaction %s: %w", tx.TxID, err)
	}
	return nil
}

// told reads the event of a chaincode, nil if it is none or another's.
func told(raw []byte, chaincode string) (*ledger.Event, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // none
	}
	var event peer.ChaincodeEvent
	if err := proto.Unmarshal(raw, &event); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	if event.GetChaincodeId() != chaincode {
		return nil, nil //nolint:nilnil // none
	}
	return &ledger.Event{Name: event.GetEventName(), Payload: event.GetPayload()}, nil
}

// wrote reads what a transaction wrote of the records of a chaincode.
func wrote(tx *ledger.BlockTransaction, results *rwset.TxReadWriteSet, chaincode string) error {
	for _, set := range results.GetNsRwset() {
		if set.GetNamespace() != chaincode {
			continue
		}
		var writes kvrwset.KVRWSet
		if err := proto.Unmarshal(set.GetRwset(), &writes); err != nil {
			return fmt.Errorf("decode writes: %w", err)
		}
		for _, w := range writes.GetWrites() {
			value := w.GetValue()
			if w.GetIsDelete() || len(value) == 0 { // which a peer takes for a delete, too
				value = nil
			}
			tx.Writes = append(tx.Writes, ledger.Write{Key: w.GetKey(), Value: value})
		}
		if err := wrotePrivately(tx, set.GetCollectionHashedRwset()); err != nil {
			return err
		}
	}
	return nil
}

// collectionPrefix begins the names of the collections that each member has without anybody's saying so.
const collectionPrefix = "_implicit_org_"

// wrotePrivately reads in whose private collections a transaction wrote.
func wrotePrivately(tx *ledger.BlockTransaction, sets []*rwset.CollectionHashedReadWriteSet) error {
	for _, set := range sets {
		member, is := strings.CutPrefix(set.GetCollectionName(), collectionPrefix)
		if !is {
			continue
		}
		var writes kvrwset.HashedRWSet
		if err := proto.Unmarshal(set.GetHashedRwset(), &writes); err != nil {
			return fmt.Errorf("decode private writes: %w", err)
		}
		for _, w := range writes.GetHashedWrites() {
			p := ledger.PrivateWrite{Member: member}
			if copy(p.Key[:], w.GetKeyHash()) == len(p.Key) {
				tx.Private = append(tx.Private, p)
			}
		}
	}
	return nil
}
