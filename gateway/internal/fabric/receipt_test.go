package fabric

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// configBlock is a configuration with two members and four consenters. The authorities are those
// of the first member.
func configBlock(authorities ...[]byte) *common.Block {
	organisation := func(id string, authorities ...[]byte) *common.ConfigGroup {
		config := marshal(&msp.MSPConfig{Config: marshal(&msp.FabricMSPConfig{Name: id, RootCerts: authorities})})
		return &common.ConfigGroup{Values: map[string]*common.ConfigValue{mspValue: {Value: config}}}
	}
	orderers := marshal(&common.Orderers{ConsenterMapping: []*common.Consenter{
		{Id: 2, MspId: "carrier", Identity: []byte("C")}, {Id: 1, MspId: "producer", Identity: []byte("P")},
		{Id: 4, MspId: "auditor", Identity: []byte("A")}, {Id: 3, MspId: "retailer", Identity: []byte("R")}}})
	envelope := marshal(&common.ConfigEnvelope{Config: &common.Config{ChannelGroup: &common.ConfigGroup{Groups: map[string]*common.ConfigGroup{
		applicationGroup: {Groups: map[string]*common.ConfigGroup{"a": organisation("producer", authorities...), "b": organisation("carrier")}},
		ordererGroup:     {Values: map[string]*common.ConfigValue{consentersValue: {Value: orderers}}},
	}}}})
	header := &common.Header{ChannelHeader: marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG)})}
	return &common.Block{Data: &common.BlockData{Data: [][]byte{
		marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: header, Data: envelope})})}}}
}

// archive answers the queries for someBlock and its configuration.
func archive(asked *[]string) func([]string) ([]byte, error) {
	return func(args []string) ([]byte, error) {
		*asked = append(*asked, args[0])
		switch {
		case slices.Equal(args, []string{blockByTxID, "waymark", someTx}):
			return marshal(someBlock()), nil
		case slices.Equal(args, []string{blockByNumber, "waymark", "3"}):
			return marshal(configBlock()), nil
		}
		return nil, rpcError(codes.Unknown, "refused", "chaincode response 500, "+noSuchTx)
	}
}

func TestReceipt(t *testing.T) {
	for name, test := range map[string]struct {
		away []string
		want int // attestations
		code waymark.Code
	}{
		"all attest":      {want: 2},
		"one is away":     {away: []string{"carrier"}, want: 1},
		"nobody is there": {away: []string{"carrier", "producer"}, code: waymark.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			p := &fakePeer{away: test.away, query: archive(&asked)}
			got, err := newClient(t, p).Receipt(t.Context(), "operator", someTx)
			if waymark.CodeOf(err) != test.code || len(got.Attestations) != test.want || p.submitted != 0 {
				t.Fatalf("%d attestations, %v", len(got.Attestations), err)
			}
			if err != nil {
				return
			}
			if !bytes.Equal(got.Block, marshal(someBlock())) {
				t.Error("the block is another one than the peer's")
			}
			attestations := got.Attestations
			got.Block, got.Attestations = nil, nil
			want := verify.Receipt{Format: verify.Format, TxID: someTx, Channel: "waymark", BlockNumber: 9, Position: 1, Status: "MVCC_READ_CONFLICT",
				Consenters: []verify.Consenter{{ID: 1, MSPID: "producer", Certificate: []byte("P")}, {ID: 2, MSPID: "carrier", Certificate: []byte("C")},
					{ID: 3, MSPID: "retailer", Certificate: []byte("R")}, {ID: 4, MSPID: "auditor", Certificate: []byte("A")}}}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			for _, a := range attestations {
				if args := attested(t, a.Payload); !slices.Equal(args, []string{transactionByID, "waymark", someTx}) {
					t.Errorf("%s attests %q", a.MSPID, args)
				}
			}
		})
	}
}

// attested is what the peer was asked for.
func attested(t *testing.T, raw []byte) []string {
	t.Helper()
	var payload common.Payload
	var tx peer.Transaction
	var action peer.ChaincodeActionPayload
	for _, decode := range []func() error{
		func() error { return proto.Unmarshal(raw, &payload) },
		func() error { return proto.Unmarshal(payload.GetData(), &tx) },
		func() error { return proto.Unmarshal(tx.GetActions()[0].GetPayload(), &action) },
	} {
		if err := decode(); err != nil {
			t.Fatal(err)
		}
	}
	proposal := marshal(&peer.Proposal{Payload: action.GetChaincodeProposalPayload()})
	return argsOf(&peer.SignedProposal{ProposalBytes: proposal})
}

func TestReceiptOfWhatThePeerDoesNotHave(t *testing.T) {
	var asked []string
	c := newClient(t, &fakePeer{query: archive(&asked)})
	if _, err := c.Receipt(t.Context(), "operator", "bb"); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := c.Receipt(t.Context(), "nobody", someTx); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("got %v", err)
	}
}

func TestConfigurationIsRemembered(t *testing.T) {
	var asked []string
	c := newClient(t, &fakePeer{query: archive(&asked)})
	for range 2 {
		if _, err := c.Receipt(t.Context(), "operator", someTx); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(asked, []string{blockByTxID, blockByNumber, blockByTxID}) {
		t.Errorf("asked %q", asked)
	}
}

// FuzzParseConfig checks that no block makes the parser panic.
func FuzzParseConfig(f *testing.F) {
	f.Add(marshal(configBlock()))
	f.Add(marshal(someBlock()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if config, err := parseConfig(raw); (config == nil) != (err != nil) {
			t.Errorf("got %+v, %v", config, err)
		}
		var block common.Block
		if proto.Unmarshal(raw, &block) == nil {
			_, _ = lastConfig(&block)
		}
	})
}
