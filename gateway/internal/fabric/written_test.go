package fabric

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ordered is an envelope as it is in a block: a call of called, which answered, told by teller, and wrote records
// of each of namespaces.
func ordered(txID, called, teller string, namespaces ...string) []byte {
	results := new(rwset.TxReadWriteSet)
	for _, namespace := range namespaces {
		hidden := marshal(&kvrwset.HashedRWSet{HashedWrites: []*kvrwset.KVWriteHash{{KeyHash: hashOf("terms/x")}, {KeyHash: []byte("short")}, {KeyHash: hashOf("terms/y"), IsPurge: true}}})
		results.NsRwset = append(results.NsRwset, &rwset.NsReadWriteSet{Namespace: namespace, Rwset: marshal(&kvrwset.KVRWSet{
			Writes: []*kvrwset.KVWrite{{Key: "member/carrier", Value: []byte("{}")}, {Key: "note/x", IsDelete: true, Value: []byte("left")}},
		}), CollectionHashedRwset: []*rwset.CollectionHashedReadWriteSet{{CollectionName: "_implicit_org_carrier", HashedRwset: hidden}, {CollectionName: "another", HashedRwset: hidden}}})
	}
	action := &peer.ChaincodeAction{
		Response: &peer.Response{Status: 200, Payload: []byte(`{"id":"carrier"}`)}, Results: marshal(results),
		Events: marshal(&peer.ChaincodeEvent{ChaincodeId: teller, EventName: "member.registered", Payload: []byte(`{"member":"carrier"}`)}),
	}
	payload := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: marshal(&peer.ChaincodeProposalPayload{Input: marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
			ChaincodeId: &peer.ChaincodeID{Name: called}, Input: &peer.ChaincodeInput{Args: [][]byte{[]byte("members:Register"), []byte(`{"id":"carrier"}`)}},
		}})}),
		Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{Extension: marshal(action)})},
	})
	header := &common.Header{
		ChannelHeader: marshal(&common.ChannelHeader{
			Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: txID, Timestamp: timestamppb.New(time.Unix(1, 0)),
		}),
		SignatureHeader: marshal(&common.SignatureHeader{Creator: marshal(&msp.SerializedIdentity{Mspid: "carrier"})}),
	}
	data := marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: payload}}})
	return marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: header, Data: data})})
}

func hashOf(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// blockWith is block 7 with envelopes, each with its code.
func blockWith(codes []peer.TxValidationCode, envelopes ...[]byte) *common.Block {
	b := &common.Block{
		Header: &common.BlockHeader{Number: 7, PreviousHash: []byte("before"), DataHash: []byte("data")},
		Data:   &common.BlockData{Data: envelopes}, Metadata: &common.BlockMetadata{Metadata: make([][]byte, len(common.BlockMetadataIndex_name))},
	}
	filter := make([]byte, len(codes))
	for i, code := range codes {
		filter[i] = byte(code)
	}
	b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = filter
	return b
}

func TestWhatABlockDid(t *testing.T) {
	const valid, conflict = peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT
	config := marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: &common.Header{ChannelHeader: marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG)})}})})
	block := blockWith(
		[]peer.TxValidationCode{valid, valid, conflict, valid, valid, peer.TxValidationCode_BAD_PAYLOAD, valid},
		config, ordered("ours", "waymark", "waymark", "other", "waymark"), ordered("late", "waymark", "waymark", "waymark"),
		ordered("by another", "other", "other", "waymark"), ordered("another's", "other", "other", "other"), []byte("no envelope"), ordered("told by another", "waymark", "other"),
	)
	got, err := writtenIn(block, "waymark")
	if err != nil {
		t.Fatal(err)
	}
	writes := []ledger.Write{{Key: "member/carrier", Value: []byte("{}")}, {Key: "note/x"}}
	private := []ledger.PrivateWrite{{Member: "carrier", Key: sha256.Sum256([]byte("terms/x"))}, {Member: "carrier", Key: sha256.Sum256([]byte("terms/y"))}}
	event := &ledger.Event{Name: "member.registered", Payload: []byte(`{"member":"carrier"}`)}
	tx := func(id string, position int) ledger.BlockTransaction {
		return ledger.BlockTransaction{TxID: id, Position: position, Status: ledger.Valid, Member: "carrier", Time: time.Unix(1, 0).UTC(),
			Function: "members:Register", Request: `{"id":"carrier"}`, Result: []byte(`{"id":"carrier"}`)}
	}
	ours, late, by, told := tx("ours", 1), tx("late", 2), tx("by another", 3), tx("told by another", 6)
	ours.Event, ours.Writes, ours.Private = event, writes, private
	late.Status, late.Result = conflict.String(), nil
	by.Function, by.Request, by.Result, by.Writes, by.Private = "", "", nil, writes, private
	want := []ledger.BlockTransaction{ours, late, by, told}
	if got.Number != 7 || string(got.Previous) != "before" || len(got.Hash) != 32 || !reflect.DeepEqual(got.Transactions, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Nobody looks at the time of a transaction that the chaincode was not asked about.
func TestTimesThatAreClaimed(t *testing.T) {
	for seconds, want := range map[int64]int64{0: 0, 1: 1, 253_402_300_799: 253_402_300_799, 253_402_300_800: 0, 9_000_000_000_000: 0, -1: 0} {
		if got := claimed(&timestamppb.Timestamp{Seconds: seconds}); got.Unix() != want {
			t.Errorf("%d is taken as %s", seconds, got)
		}
	}
	if got := claimed(&timestamppb.Timestamp{Nanos: -1}); got.Unix() != 0 {
		t.Errorf("-1 ns is taken as %s", got)
	}
	if got := claimed(nil); got.Unix() != 0 {
		t.Errorf("none is taken as %s", got)
	}
}

// Orderers take any bytes. What the peer found invalid is nothing; what it found valid and cannot be read stops
// whoever reads, since it has changed something.
func TestWhatCannotBeReadInABlock(t *testing.T) {
	whole := ordered("ours", "waymark", "waymark", "waymark")
	for n := range whole {
		for name, broken := range map[string][]byte{"cut": whole[:n], "changed": append(bytes.Clone(whole[:n]), append([]byte{whole[n] ^ 0xff}, whole[n+1:]...)...)} {
			if _, err := writtenIn(blockWith([]peer.TxValidationCode{peer.TxValidationCode_BAD_PAYLOAD}, broken), "waymark"); err != nil {
				t.Fatalf("%s at %d: %v", name, n, err)
			}
			got, err := writtenIn(blockWith([]peer.TxValidationCode{peer.TxValidationCode_VALID}, broken), "waymark")
			if name == "cut" && n > 0 && err == nil && len(got.Transactions) > 0 {
				t.Errorf("cut at %d it is read: %+v", n, got)
			}
		}
	}
}
