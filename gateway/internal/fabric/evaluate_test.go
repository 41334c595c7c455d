package fabric

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestEvaluate(t *testing.T) {
	tests := []struct {
		name string
		give error
		want waymark.Code
	}{
		{name: "answer"},
		{name: "refused", give: rpcError(codes.Unknown, "evaluate call to endorser returned error: "+wire(waymark.NotFound), wire(waymark.NotFound)), want: waymark.NotFound},
		{name: "chaincode down", give: rpcError(codes.Aborted, "failed to evaluate transaction", "could not launch chaincode"), want: waymark.Unavailable},
		{name: "peer down", give: rpcError(codes.Unavailable, "down"), want: waymark.Unavailable},
		{name: "no peer has it", give: rpcError(codes.FailedPrecondition, "no peers available to evaluate"), want: waymark.Unavailable},
		{name: "timeout", give: rpcError(codes.DeadlineExceeded, "evaluate timeout expired"), want: waymark.Unavailable},
		{name: "odd", give: rpcError(codes.Internal, "odd"), want: waymark.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &fakePeer{evaluate: func() ([]byte, error) { return []byte(`{"id":"d"}`), tt.give }}
			c := newClient(t, p)
			got, err := c.Evaluate(t.Context(), ledger.Call{As: "operator", Transaction: waymark.DevicesGet, Request: waymark.DeviceQuery{Device: "d"}})
			if waymark.CodeOf(err) != tt.want || err == nil && string(got) != `{"id":"d"}` {
				t.Errorf("got %s, %v", got, err)
			}
			if !slices.Equal(p.members, []string{"producer"}) {
				t.Errorf("asked the peers of %q: a query must stay with the member's own", p.members)
			}
			ready := c.Ready(t.Context())
			if wantReady := tt.give == nil; (ready == nil) != wantReady {
				t.Errorf("ready: %v", ready)
			}
		})
	}
}

func TestEvaluateAtAnotherMember(t *testing.T) {
	p := &fakePeer{evaluate: func() ([]byte, error) { return []byte(`{}`), nil }}
	_, err := newClient(t, p).Evaluate(t.Context(), ledger.Call{As: "operator", Transaction: waymark.TelemetryDisclosed,
		Request: waymark.DisclosedQuery{Device: "d", Sequence: 1, Holder: "carrier"}, At: []string{"carrier"}})
	if err != nil || !slices.Equal(p.members, []string{"carrier"}) {
		t.Errorf("asked the peers of %q: %v", p.members, err)
	}
}

// A peer that cannot run the chaincode for a moment is asked again, and nothing else is.
func TestEvaluateAgain(t *testing.T) {
	moment := rpcError(codes.Aborted, "failed to evaluate transaction", "chaincode definition for 'waymark' changed during invoke")
	refusal := rpcError(codes.Unknown, "refused", wire(waymark.NotFound))
	tests := []struct {
		name      string
		give      []error
		want      waymark.Code
		wantAsked int
	}{
		{"once", []error{moment, nil}, "", 2},
		{"twice", []error{moment, moment, nil}, "", 3},
		{"too often", []error{moment, moment, moment, nil}, waymark.Unavailable, 3},
		{"refused then", []error{moment, refusal, nil}, waymark.NotFound, 2},
		{"refused", []error{refusal, nil}, waymark.NotFound, 1},
		{"timeout", []error{rpcError(codes.DeadlineExceeded, "timeout"), nil}, waymark.Unavailable, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) {
				asked++
				return []byte(`{"id":"d"}`), tt.give[asked-1]
			}})
			_, err := c.Evaluate(t.Context(), ledger.Call{As: "operator", Transaction: waymark.DevicesGet, Request: waymark.DeviceQuery{Device: "d"}})
			if waymark.CodeOf(err) != tt.want || asked != tt.wantAsked {
				t.Errorf("got %v after %d questions, want %q after %d", err, asked, tt.want, tt.wantAsked)
			}
		})
	}
}

func TestReadyWhenRefusedByPolicy(t *testing.T) {
	denied := rpcError(codes.Unknown, "refused", wire(waymark.Forbidden))
	c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) { return nil, denied }})
	if err := c.Ready(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
}

const someTx = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// someBlock holds another transaction, and then one of contract function
// devices:Suspend that was found invalid.
func someBlock() *common.Block {
	input := &peer.ChaincodeInput{Args: [][]byte{[]byte("devices:Suspend"), []byte("{}")}}
	invocation := marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{Input: input}})
	identity := func(member string) []byte { return marshal(&msp.SerializedIdentity{Mspid: member}) }
	payload := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: marshal(&peer.ChaincodeProposalPayload{Input: invocation}),
		Action: &peer.ChaincodeEndorsedAction{Endorsements: []*peer.Endorsement{
			{Endorser: identity("retailer")}, {Endorser: identity("carrier")}}},
	})
	tx := marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: payload}}})
	envelope := func(id string) []byte {
		header := &common.Header{
			ChannelHeader: marshal(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION),
				TxId: id, ChannelId: "waymark", Timestamp: timestamppb.New(time.Unix(1, 0))}),
			SignatureHeader: marshal(&common.SignatureHeader{Creator: identity("producer")}),
		}
		return marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: header, Data: tx})})
	}
	metadata := make([][]byte, len(common.BlockMetadataIndex_name))
	metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = []byte{0, byte(mvcc)}
	metadata[common.BlockMetadataIndex_SIGNATURES] = marshal(&common.Metadata{Value: marshal(
		&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{Index: 3}})})
	return &common.Block{
		Header:   &common.BlockHeader{Number: 9},
		Data:     &common.BlockData{Data: [][]byte{envelope("other"), envelope(someTx)}},
		Metadata: &common.BlockMetadata{Metadata: metadata},
	}
}

func TestTransaction(t *testing.T) {
	block := marshal(someBlock())
	c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) { return block, nil }})
	got, err := c.Transaction(t.Context(), "operator", someTx, true, noRoom)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Envelope) == 0 {
		t.Error("no envelope")
	}
	if got.TxID != someTx || got.Status != "MVCC_READ_CONFLICT" || got.BlockNumber != 9 || got.Position != 1 ||
		got.Channel != "waymark" || got.Transaction != "devices:Suspend" || got.Creator != (ledger.Creator{MSPID: "producer"}) ||
		strings.Join(got.Endorsers, " ") != "carrier retailer" || !got.Time.Equal(time.Unix(1, 0)) {
		t.Errorf("got %+v", got)
	}
}

func TestTransactionThatThePeerDoesNotHave(t *testing.T) {
	unknown := rpcError(codes.Unknown, "refused", "chaincode response 500, Failed to get block for txID x, error no such transaction ID [x] in index")
	c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) { return nil, unknown }})
	if _, err := c.Transaction(t.Context(), "operator", someTx, false, noRoom); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestBlockLargerThanTheBound(t *testing.T) {
	c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) { return make([]byte, testBlockBytes), nil }})
	_, err := c.Transaction(t.Context(), "operator", someTx, false, func() error { return nil })
	if waymark.CodeOf(err) != waymark.Internal || !strings.Contains(err.Error(), textTooLarge) {
		t.Errorf("got %v", err)
	}
}

// errNoRoom is what those are told who hold too much.
var errNoRoom = waymark.Errorf(waymark.ResourceExhausted, "no room")

func noRoom() error { return errNoRoom }

// A block that is large is held only once there is room for it.
func TestRoomForALargeBlock(t *testing.T) {
	block := someBlock()
	block.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = make([]byte, smallBlock)
	raw := marshal(block)
	c := newClient(t, &fakePeer{evaluate: func() ([]byte, error) { return raw, nil }})
	if _, err := c.Transaction(t.Context(), "operator", someTx, false, noRoom); !errors.Is(err, errNoRoom) {
		t.Errorf("without room: %v", err)
	}
	asked := 0
	got, err := c.Transaction(t.Context(), "operator", someTx, false, func() error { asked++; return nil })
	if err != nil || got.TxID != someTx || asked != 1 {
		t.Errorf("got %+v, %v; asked for room %d times", got, err, asked)
	}
}

// FuzzTransactionIn checks that no block makes the parser panic.
func FuzzTransactionIn(f *testing.F) {
	for _, data := range someBlock().GetData().GetData() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		block := &common.Block{Data: &common.BlockData{Data: [][]byte{data}}}
		if got, err := transactionIn(block, someTx, false); err == nil && got.TxID != someTx {
			t.Errorf("got %+v", got)
		}
	})
}
