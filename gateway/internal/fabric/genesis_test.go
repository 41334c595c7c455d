package fabric

import (
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"google.golang.org/grpc/codes"
)

func TestGenesis(t *testing.T) {
	first := &common.BlockHeader{DataHash: []byte{0xab, 0xcd}}
	tests := []struct {
		name     string
		header   *common.BlockHeader // of what the peer has as block 0; nil for none
		snapshot *common.BootstrappingSnapshotInfo
		want     string
		fails    bool
	}{
		{name: "the first block", header: first, want: "abcd"},
		{name: "a peer that began with a snapshot", snapshot: &common.BootstrappingSnapshotInfo{LastBlockInSnapshot: 7}},
		{name: "another block", header: &common.BlockHeader{Number: 1, DataHash: []byte{1}}, fails: true},
		{name: "an empty block", header: &common.BlockHeader{}, fails: true},
		{name: "no block", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &fakePeer{snapshot: tt.snapshot, query: func(args []string) ([]byte, error) {
				if tt.header == nil || !slices.Equal(args, []string{blockByNumber, "waymark", "0"}) {
					return nil, rpcError(codes.Unknown, "refused", "chaincode response 500, none")
				}
				return marshal(&common.Block{Header: tt.header}), nil
			}}
			got, err := newClient(t, p).Genesis(t.Context())
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	away := &fakePeer{query: func([]string) ([]byte, error) { return nil, rpcError(codes.Unavailable, "away") }}
	if got, err := newClient(t, away).Genesis(t.Context()); got != "" || waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("a peer that is away: %q, %v", got, err)
	}
}
