package lifecycle

import (
	"context"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/discovery"
	"github.com/hyperledger/fabric-protos-go-apiv2/gossip"
	"github.com/waymark-ledger/waymark/network/internal/topology"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// known is a peer as another one knows it, with the chaincodes it says it runs, by
// the definition of a sequence.
func known(t *testing.T, sequence string, chaincodes ...string) *discovery.Peers {
	t.Helper()
	properties := &gossip.Properties{}
	for _, name := range chaincodes {
		properties.Chaincodes = append(properties.Chaincodes, &gossip.Chaincode{Name: name, Version: sequence})
	}
	payload, err := proto.Marshal(&gossip.GossipMessage{Content: &gossip.GossipMessage_StateInfo{
		StateInfo: &gossip.StateInfo{Properties: properties}}})
	if err != nil {
		t.Fatal(err)
	}
	return &discovery.Peers{Peers: []*discovery.Peer{{StateInfo: &gossip.Envelope{Payload: payload}}}}
}

// answering is a discovery service with one answer.
type answering struct{ result *discovery.QueryResult }

func (a answering) Discover(context.Context, *discovery.SignedRequest, ...grpc.CallOption) (*discovery.Response, error) {
	return &discovery.Response{Results: []*discovery.QueryResult{a.result}}, nil
}

func TestPeersAreAcquaintedWhenAllAreKnownWithTheChaincode(t *testing.T) {
	members := func(change func(map[string]*discovery.Peers)) *discovery.QueryResult {
		byOrg := make(map[string]*discovery.Peers)
		for _, m := range topology.Members() {
			byOrg[m.ID] = known(t, "2", "_lifecycle", topology.Chaincode)
		}
		change(byOrg)
		return &discovery.QueryResult{Result: &discovery.QueryResult_Members{Members: &discovery.PeerMembershipResult{PeersByOrg: byOrg}}}
	}
	tests := []struct {
		name string
		give *discovery.QueryResult
		want string
	}{
		{"all", members(func(map[string]*discovery.Peers) {}), ""},
		{"one is not known", members(func(m map[string]*discovery.Peers) { delete(m, "auditor") }), "auditor"},
		{"one has not said what it runs", members(func(m map[string]*discovery.Peers) { m["carrier"] = known(t, "2", "_lifecycle") }), "carrier"},
		{"one runs the definition before", members(func(m map[string]*discovery.Peers) { m["carrier"] = known(t, "1", topology.Chaincode) }), "carrier"},
		{"one runs a later definition", members(func(m map[string]*discovery.Peers) { m["carrier"] = known(t, "10", topology.Chaincode) }), ""},
		{"one has a strange version", members(func(m map[string]*discovery.Peers) { m["carrier"] = known(t, "two", topology.Chaincode) }), "carrier"},
		{"garbage", members(func(m map[string]*discovery.Peers) { m["producer"].Peers[0].StateInfo.Payload = []byte{255} }), "producer"},
		{"not joined", &discovery.QueryResult{Result: &discovery.QueryResult_Error{Error: &discovery.Error{Content: "access denied"}}}, "access denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := ask(t.Context(), answering{tt.give}, &discovery.SignedRequest{}, 2)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
