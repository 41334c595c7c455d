package verify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/proto"
)

// ProveReading makes the proof of a reading of what the receipt of the transaction that recorded it holds. It
// believes the receipt.
//
// Codes: NotFound if the transaction did not record such a reading, or none that can be proved.
func ProveReading(r Receipt, ref waymark.ReadingRef) (ReadingProof, error) {
	tx, err := received(r)
	if err != nil {
		return ReadingProof{}, err
	}
	w, err := writtenWindow(tx, ref.Device, ref.Sequence)
	if err != nil {
		return ReadingProof{}, waymark.Errorf(waymark.NotFound, "transaction %s proves no reading of message %d of device %s: %v", tx.ID(), ref.Sequence, ref.Device, err)
	}
	leaves, err := leavesOf(tx, w)
	if err != nil {
		return ReadingProof{}, err
	}
	i := slices.IndexFunc(leaves, func(l window.Leaf) bool { return l.Sequence == ref.Sequence && l.Index == uint64(ref.Index) }) //nolint:gosec // not negative
	if i < 0 {
		return ReadingProof{}, waymark.Errorf(waymark.NotFound, "message %d of device %s has no reading %d", ref.Sequence, ref.Device, ref.Index)
	}
	hashes := make([][]byte, len(leaves))
	for n, l := range leaves {
		hashes[n] = l.Hash()
	}
	if !bytes.Equal(window.Root(hashes), w.Root) {
		return ReadingProof{}, waymark.Errorf(waymark.NotFound, "the arguments of transaction %s have not all messages of the window", tx.ID())
	}
	path, err := window.InclusionProof(hashes, uint64(i))
	if err != nil {
		return ReadingProof{}, err
	}
	return ReadingProof{Format: ReadingFormat, Reading: proved(leaves[i]), Window: w.First, Leaf: uint64(i), Leaves: uint64(len(leaves)),
		Path: path, Root: w.Root, Receipt: r}, nil
}

// received is the transaction of a receipt, unchecked.
func received(r Receipt) (transaction.Transaction, error) {
	var block common.Block
	var envelope common.Envelope
	if err := proto.Unmarshal(r.Block, &block); err != nil {
		return transaction.Transaction{}, fmt.Errorf("decode block: %w", err)
	}
	envelopes := block.GetData().GetData()
	if r.Position < 0 || r.Position >= len(envelopes) {
		return transaction.Transaction{}, fmt.Errorf("the block has no position %d", r.Position)
	}
	if err := proto.Unmarshal(envelopes[r.Position], &envelope); err != nil {
		return transaction.Transaction{}, fmt.Errorf("decode envelope: %w", err)
	}
	return transaction.Parse(envelope.GetPayload())
}

// leavesOf are the leaves of a window, of the messages that the transaction was given and recorded.
func leavesOf(tx transaction.Transaction, w waymark.Window) (leaves []window.Leaf, err error) {
	batch, result, err := recordedBy(tx)
	if err != nil {
		return nil, err
	}
	for i, text := range batch.Messages[:min(len(batch.Messages), len(result.Results))] {
		if !within(w, result.Results[i]) {
			continue
		}
		of, err := leavesOfMessage(text)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
		leaves = append(leaves, of...)
	}
	slices.SortStableFunc(leaves, func(a, b window.Leaf) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return leaves, nil
}

// recordedBy is what a transaction was asked to record, and what became of that.
func recordedBy(tx transaction.Transaction) (batch waymark.RecordRequest, result waymark.RecordResult, err error) {
	if tx.Function() != string(waymark.TelemetryRecord) || len(tx.Args) != 2 {
		return batch, result, waymark.Errorf(waymark.NotFound, "transaction %s does not have the messages: another chaincode asked for it", tx.ID())
	}
	batch, err = recording.Decode(tx.Args[1])
	if err == nil {
		result, err = recording.Outcomes(tx.Result)
	}
	if err == nil {
		err = recording.Complete(&result, batch, tx.ID())
	}
	if err != nil {
		return batch, result, fmt.Errorf("decode messages: %w", err)
	}
	return batch, result, nil
}

// within reports whether a message was recorded in a window.
func within(w waymark.Window, r waymark.MessageResult) bool {
	return r.Outcome == waymark.Recorded && r.Device == w.Device && w.First <= r.Sequence && r.Sequence <= w.Last
}

func leavesOfMessage(text string) ([]window.Leaf, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, err
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return nil, err
	}
	return window.Leaves(m.Device, m.Sequence, readings), nil
}

// errNoWindow says that there is not one window, and one only.
var errNoWindow = errors.New("it wrote no window of the message")

// writtenWindow is the window of a message that a transaction wrote.
func writtenWindow(tx transaction.Transaction, device string, sequence uint64) (w waymark.Window, err error) {
	windows, err := writtenWindows(tx, device)
	if err != nil {
		return w, err
	}
	windows = slices.DeleteFunc(windows, func(w waymark.Window) bool { return sequence < w.First || w.Last < sequence })
	if len(windows) != 1 {
		return w, errNoWindow
	}
	return windows[0], nil
}

// writtenWindows are the windows of a device that a transaction wrote.
func writtenWindows(tx transaction.Transaction, device string) (windows []waymark.Window, err error) {
	if err := waymark.ValidateID("/device", device); err != nil {
		return nil, err
	}
	writes, err := writesOf(tx)
	if err != nil {
		return nil, err
	}
	for _, write := range writes {
		rest, is := strings.CutPrefix(write.GetKey(), "window/"+device+"/")
		if !is || strings.Contains(rest, "/") || write.GetIsDelete() {
			continue
		}
		w, err := window.Decode(device, write.GetValue())
		if err != nil {
			return nil, err
		}
		windows = append(windows, w)
	}
	return windows, nil
}

// writesOf are what a transaction wrote of the public records of its chaincode.
func writesOf(tx transaction.Transaction) (writes []*kvrwset.KVWrite, err error) {
	var response peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	var results rwset.TxReadWriteSet
	err = proto.Unmarshal(tx.Response, &response)
	err = errors.Join(err, proto.Unmarshal(response.GetExtension(), &action))
	err = errors.Join(err, proto.Unmarshal(action.GetResults(), &results))
	if err != nil {
		return nil, fmt.Errorf("decode writes: %w", err)
	}
	for _, set := range results.GetNsRwset() {
		if set.GetNamespace() != tx.Chaincode {
			continue
		}
		var of kvrwset.KVRWSet
		if err := proto.Unmarshal(set.GetRwset(), &of); err != nil {
			return nil, fmt.Errorf("decode writes: %w", err)
		}
		writes = append(writes, of.GetWrites()...)
	}
	return writes, nil
}
