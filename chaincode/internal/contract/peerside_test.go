package contract_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
)

// peerSide is a peer as one chaincode process meets it: it sends transactions and
// answers what they ask of the ledger.
type peerSide struct {
	t       *testing.T
	stream  peer.Chaincode_ConnectClient
	state   map[string][]byte
	history map[string][]*queryresult.KeyModification
}

// attach connects to a chaincode process, waiting until it listens, and lets it
// register. A peer before 3.1 takes and gives one key at a time.
func attach(t *testing.T, address string, config *tls.Config) *peerSide {
	t.Helper()
	return attachWith(t, address, config, nil)
}

// attachMany is attach by a peer that takes and gives many keys at a time.
func attachMany(t *testing.T, address string, config *tls.Config) *peerSide {
	t.Helper()
	return attachWith(t, address, config, encode(t, &peer.ChaincodeAdditionalParams{UseWriteBatch: true, MaxSizeWriteBatch: 1000, UseGetMultipleKeys: true, MaxSizeGetMultipleKeys: 1000}))
}

func attachWith(t *testing.T, address string, config *tls.Config, parameters []byte) *peerSide {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	stream, err := peer.NewChaincodeClient(connection).Connect(ctx, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	p := &peerSide{t: t, stream: stream, state: map[string][]byte{}, history: map[string][]*queryresult.KeyModification{}}
	if m := p.receive(); m.GetType() != peer.ChaincodeMessage_REGISTER {
		t.Fatalf("the chaincode begins with %s", m.GetType())
	}
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTERED})
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_READY, Payload: parameters})
	return p
}

func (p *peerSide) receive() *peer.ChaincodeMessage {
	p.t.Helper()
	m, err := p.stream.Recv()
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *peerSide) send(m *peer.ChaincodeMessage) {
	p.t.Helper()
	if err := p.stream.Send(m); err != nil {
		p.t.Fatal(err)
	}
}

// run runs one transaction and, if it is to, commits what it writes. It returns all that
// the process said: every read, every write, the event and the result, in order; and the result alone.
func (p *peerSide) run(tx stub.Transaction, commits bool) (said []string, response *peer.Response) {
	p.t.Helper()
	p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_TRANSACTION, Txid: tx.ID, ChannelId: scenario.Channel,
		Payload: encode(p.t, &peer.ChaincodeInput{Args: tx.Args}), Proposal: signed(p.t, tx)})
	writes := map[string][]byte{}
	for {
		m := p.receive()
		said = append(said, fmt.Sprintf("%s %q %q", m.GetType(), m.GetPayload(), m.GetChaincodeEvent().GetPayload()))
		switch m.GetType() {
		case peer.ChaincodeMessage_COMPLETED:
			if commits {
				p.commit(tx.ID, writes)
			}
			response = &peer.Response{}
			decode(p.t, m.GetPayload(), response)
			return said, response
		case peer.ChaincodeMessage_ERROR:
			p.t.Fatalf("the process failed: %s", m.GetPayload())
		}
		p.send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Txid: tx.ID, ChannelId: scenario.Channel, Payload: p.answer(m, writes)})
	}
}

func (p *peerSide) answer(m *peer.ChaincodeMessage, writes map[string][]byte) []byte {
	p.t.Helper()
	switch m.GetType() {
	case peer.ChaincodeMessage_GET_STATE:
		var ask peer.GetState
		decode(p.t, m.GetPayload(), &ask)
		return p.state[stateKey(ask.GetCollection(), ask.GetKey())]
	case peer.ChaincodeMessage_GET_STATE_MULTIPLE:
		var ask peer.GetStateMultiple
		decode(p.t, m.GetPayload(), &ask)
		found := &peer.GetStateMultipleResult{}
		for _, key := range ask.GetKeys() {
			found.Values = append(found.Values, p.state[stateKey(ask.GetCollection(), key)])
		}
		return encode(p.t, found)
	case peer.ChaincodeMessage_WRITE_BATCH_STATE:
		var ask peer.WriteBatchState
		decode(p.t, m.GetPayload(), &ask)
		for _, r := range ask.GetRec() {
			if r.GetType() != peer.WriteRecord_PUT_STATE_METADATA {
				writes[stateKey(r.GetCollection(), r.GetKey())] = r.GetValue() // nil deletes
			}
		}
	case peer.ChaincodeMessage_GET_PRIVATE_DATA_HASH:
		var ask peer.GetState
		decode(p.t, m.GetPayload(), &ask)
		value, found := p.state[stateKey(ask.GetCollection(), ask.GetKey())]
		if !found {
			return nil
		}
		hash := sha256.Sum256(value)
		return hash[:]
	case peer.ChaincodeMessage_PUT_STATE:
		var ask peer.PutState
		decode(p.t, m.GetPayload(), &ask)
		writes[stateKey(ask.GetCollection(), ask.GetKey())] = ask.GetValue()
	case peer.ChaincodeMessage_DEL_STATE:
		var ask peer.DelState
		decode(p.t, m.GetPayload(), &ask)
		writes[ask.GetKey()] = nil
	case peer.ChaincodeMessage_PURGE_PRIVATE_DATA:
		var ask peer.PurgePrivateState
		decode(p.t, m.GetPayload(), &ask)
		writes[stateKey(ask.GetCollection(), ask.GetKey())] = nil
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE:
		var ask peer.GetStateByRange
		decode(p.t, m.GetPayload(), &ask)
		return p.scan(ask.GetStartKey(), ask.GetEndKey())
	case peer.ChaincodeMessage_GET_HISTORY_FOR_KEY:
		var ask peer.GetHistoryForKey
		decode(p.t, m.GetPayload(), &ask)
		return p.versions(ask.GetKey())
	case peer.ChaincodeMessage_QUERY_STATE_CLOSE:
		return encode(p.t, &peer.QueryResponse{})
	case peer.ChaincodeMessage_PUT_STATE_METADATA: // a quorum: noted in what was said
	default:
		p.t.Fatalf("the chaincode asks %s", m.GetType())
	}
	return nil
}

func (p *peerSide) scan(from, to string) []byte {
	response := &peer.QueryResponse{Id: "scan"}
	for _, key := range slices.Sorted(maps.Keys(p.state)) {
		if from <= key && key < to {
			kv := encode(p.t, &queryresult.KV{Key: key, Value: p.state[key]})
			response.Results = append(response.Results, &peer.QueryResultBytes{ResultBytes: kv})
		}
	}
	return encode(p.t, response)
}

func (p *peerSide) versions(key string) []byte {
	response := &peer.QueryResponse{Id: "history"}
	for _, m := range slices.Backward(p.history[key]) {
		response.Results = append(response.Results, &peer.QueryResultBytes{ResultBytes: encode(p.t, m)})
	}
	return encode(p.t, response)
}

func (p *peerSide) commit(id string, writes map[string][]byte) {
	for key, value := range writes {
		p.history[key] = append(p.history[key], &queryresult.KeyModification{TxId: id, Value: value, IsDelete: value == nil})
		if p.state[key] = value; value == nil {
			delete(p.state, key)
		}
	}
}

// stateKey is where the state has a key of the public ledger or of a private collection.
func stateKey(collection, key string) string {
	if collection == "" {
		return key
	}
	return collection + "/" + key
}

// signed is a transaction as clients propose it.
func signed(t *testing.T, tx stub.Transaction) *peer.SignedProposal {
	t.Helper()
	header := encode(t, &common.Header{
		ChannelHeader: encode(t, &common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION),
			ChannelId: scenario.Channel, TxId: tx.ID, Timestamp: timestamppb.New(tx.Time)}),
		SignatureHeader: encode(t, &common.SignatureHeader{Creator: tx.Creator, Nonce: []byte(strings.Repeat("n", 24))}),
	})
	return &peer.SignedProposal{ProposalBytes: encode(t, &peer.Proposal{Header: header, Payload: encode(t, &peer.ChaincodeProposalPayload{TransientMap: tx.Transient})})}
}

func encode(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t *testing.T, b []byte, m proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
}
