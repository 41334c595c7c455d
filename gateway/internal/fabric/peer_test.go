package fabric

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/prometheus/client_golang/prometheus"
	offline "github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// fakePeer is a peer's gateway service whose answers are scripted. It keeps to
// Fabric's rules where they matter here: an envelope that it has taken commits
// once, whatever the submit call answered.
type fakePeer struct {
	gatewaypb.UnimplementedGatewayServer

	mu sync.Mutex
	// endorse, submit and ask are used up one a call, and fate one a transaction;
	// when empty all is well.
	endorse []error
	submit  []submitAnswer
	fate    []fateAnswer
	ask     []error // questions for a fate
	seek    []error // questions for a transaction
	// noStream refuses to send blocks to who follows them.
	noStream bool
	// away are members that do not endorse.
	away []string
	// evaluate answers every query, unless query does by its function and arguments.
	evaluate func() ([]byte, error)
	query    func(args []string) ([]byte, error)
	snapshot *common.BootstrappingSnapshotInfo // it began with
	// members are those that the last proposal named, transient what it held for them.
	members   []string
	transient map[string][]byte

	// signer endorses, and issued are the authorities of its member, PEM.
	signer *application
	issued [][]byte

	endorsed, submitted, asked int
	envelopes                  map[string]int // copies taken, by transaction id
	last                       *common.Envelope
	creator                    []byte       // of the last proposal
	present                    atomic.Int64 // endorsements in progress
	crowd                      int64        // the most of them
	busy, busiest              int          // questions for a fate at the same time
	sought                     []uint64     // the blocks from which streams were asked for
	chain                      *chain
}

// submitAnswer is what a submit call answers, and whether the envelope is taken.
type submitAnswer struct {
	err  error
	lost bool
}

// fateAnswer is what becomes of a transaction that was taken.
type fateAnswer struct {
	code   peer.TxValidationCode
	held   bool // its block comes with the next envelope
	unseen bool // the stream does not show it
}

func next[T any](list *[]T) (T, bool) {
	var zero T
	if len(*list) == 0 {
		return zero, false
	}
	first := (*list)[0]
	*list = (*list)[1:]
	return first, true
}

func (p *fakePeer) Endorse(_ context.Context, in *gatewaypb.EndorseRequest) (*gatewaypb.EndorseResponse, error) {
	here := p.present.Add(1)
	defer p.present.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endorsed++
	p.crowd = max(p.crowd, here)
	p.creator = creatorOf(in.GetProposedTransaction())
	p.members, p.transient = in.GetEndorsingOrganizations(), transientOf(in.GetProposedTransaction())
	for _, member := range p.members {
		if slices.Contains(p.away, member) {
			return nil, rpcError(codes.Unavailable, "failed to find any endorsing peers for org(s): "+member)
		}
	}
	if err, ok := next(&p.endorse); ok && err != nil {
		return nil, err
	}
	envelope, err := p.prepared(in.GetProposedTransaction())
	if err != nil {
		return nil, err
	}
	return &gatewaypb.EndorseResponse{PreparedTransaction: envelope}, nil
}

func (p *fakePeer) Submit(_ context.Context, in *gatewaypb.SubmitRequest) (*gatewaypb.SubmitResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.submitted++
	p.last = in.GetPreparedTransaction()
	answer, _ := next(&p.submit)
	if !answer.lost {
		p.take(in.GetTransactionId(), p.last)
	}
	if answer.err != nil {
		return nil, answer.err
	}
	return &gatewaypb.SubmitResponse{}, nil
}

// take orders an envelope. The caller holds p.mu.
func (p *fakePeer) take(txID string, envelope *common.Envelope) {
	var f fateAnswer
	if p.envelopes[txID]++; p.envelopes[txID] == 1 {
		f, _ = next(&p.fate)
	}
	p.chain.add(txID, envelope, f)
}

func (p *fakePeer) CommitStatus(ctx context.Context, in *gatewaypb.SignedCommitStatusRequest) (*gatewaypb.CommitStatusResponse, error) {
	var request gatewaypb.CommitStatusRequest
	if err := proto.Unmarshal(in.GetRequest(), &request); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	p.mu.Lock()
	p.asked++
	p.busy++
	p.busiest = max(p.busy, p.busiest)
	err, _ := next(&p.ask)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
	}()
	if err != nil {
		return nil, err
	}
	return p.chain.await(ctx, request.GetTransactionId())
}

func (p *fakePeer) Evaluate(_ context.Context, in *gatewaypb.EvaluateRequest) (*gatewaypb.EvaluateResponse, error) {
	args := argsOf(in.GetProposedTransaction())
	if args[0] == chainInfo {
		info := marshal(&common.BlockchainInfo{Height: p.chain.height(), BootstrappingSnapshotInfo: p.snapshot})
		return &gatewaypb.EvaluateResponse{Result: &peer.Response{Status: 200, Payload: info}}, nil
	}
	if args[0] == configBlockNow {
		p.mu.Lock()
		defer p.mu.Unlock()
		return &gatewaypb.EvaluateResponse{Result: &peer.Response{Status: 200, Payload: marshal(configBlock(p.issued...))}}, nil
	}
	answer := p.evaluate
	if args[0] == transactionByID {
		answer = func() ([]byte, error) { return p.processed(args[2]) }
	} else {
		p.members = in.GetTargetOrganizations()
	}
	if p.query != nil {
		answer = func() ([]byte, error) { return p.query(args) }
	}
	payload, err := answer()
	if err != nil {
		return nil, err
	}
	return &gatewaypb.EvaluateResponse{Result: &peer.Response{Status: 200, Payload: payload}}, nil
}

// processed answers the question for a transaction that is in a block.
func (p *fakePeer) processed(txID string) ([]byte, error) {
	p.mu.Lock()
	err, _ := next(&p.seek)
	p.mu.Unlock()
	first := p.chain.first(txID)
	if first == nil {
		err = rpcError(codes.Unknown, "refused", "chaincode response 500, "+noSuchTx)
	}
	return marshal(first), err
}

// transientOf is what a proposal holds beside the transaction.
func transientOf(signed *peer.SignedProposal) map[string][]byte {
	payload, err := payloadOf(signed)
	if err != nil {
		return nil
	}
	return payload.GetTransientMap()
}

// creatorOf returns the certificate of who made a proposal, in PEM.
func creatorOf(signed *peer.SignedProposal) []byte {
	var proposal peer.Proposal
	var header common.Header
	var signature common.SignatureHeader
	var id msp.SerializedIdentity
	if proto.Unmarshal(signed.GetProposalBytes(), &proposal) != nil || proto.Unmarshal(proposal.GetHeader(), &header) != nil ||
		proto.Unmarshal(header.GetSignatureHeader(), &signature) != nil || proto.Unmarshal(signature.GetCreator(), &id) != nil {
		return nil
	}
	return id.GetIdBytes()
}

func payloadOf(signed *peer.SignedProposal) (*peer.ChaincodeProposalPayload, error) {
	var proposal peer.Proposal
	payload := new(peer.ChaincodeProposalPayload)
	if err := proto.Unmarshal(signed.GetProposalBytes(), &proposal); err != nil {
		return nil, err
	}
	return payload, proto.Unmarshal(proposal.GetPayload(), payload)
}

// argsOf returns the function of a proposal and its arguments.
func argsOf(signed *peer.SignedProposal) []string {
	payload, err := payloadOf(signed)
	var invocation peer.ChaincodeInvocationSpec
	if err == nil {
		err = proto.Unmarshal(payload.GetInput(), &invocation)
	}
	if err != nil {
		return []string{""}
	}
	var args []string
	for _, arg := range invocation.GetChaincodeSpec().GetInput().GetArgs() {
		args = append(args, string(arg))
	}
	return args
}

// prepared makes the envelope that a peer would, with the proposal's headers and
// the result {"ok":true}.
func (p *fakePeer) prepared(signed *peer.SignedProposal) (*common.Envelope, error) {
	var proposal peer.Proposal
	var header common.Header
	if err := proto.Unmarshal(signed.GetProposalBytes(), &proposal); err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(proposal.GetHeader(), &header); err != nil {
		return nil, err
	}
	action := marshal(&peer.ChaincodeAction{Response: &peer.Response{Status: 200, Payload: []byte(`{"ok":true}`)}, ChaincodeId: &peer.ChaincodeID{Name: "waymark"}})
	hash := sha256.Sum256(slices.Concat(header.GetChannelHeader(), header.GetSignatureHeader(), proposal.GetPayload()))
	response := marshal(&peer.ProposalResponsePayload{Extension: action, ProposalHash: hash[:]})
	endorser := marshal(&msp.SerializedIdentity{Mspid: "producer", IdBytes: p.signer.pem})
	endorsement, err := offline.Lower(&p.signer.key.PublicKey, p.signer.sign(slices.Concat(response, endorser)).Signature)
	if err != nil {
		return nil, err
	}
	payload := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: proposal.GetPayload(),
		Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: response,
			Endorsements: []*peer.Endorsement{{Endorser: endorser, Signature: endorsement}}},
	})
	tx := marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Header: header.GetSignatureHeader(), Payload: payload}}})
	return &common.Envelope{Payload: marshal(&common.Payload{Header: &header, Data: tx})}, nil
}

func marshal(m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// testBlockBytes is the largest answer that newClient's clients take.
const testBlockBytes = 2 * smallBlock

// newClient starts p behind TLS on the loopback interface and connects to it
// with short timeouts.
func newClient(t *testing.T, p *fakePeer) *Client {
	t.Helper()
	certFile, keyFile, pair := selfSigned(t, t.TempDir())
	client := connect(t, Identity{CertFile: certFile, KeyFile: keyFile}, Peer{Address: serve(t, p, pair).address, CAFile: certFile})
	await(t, func() bool { return client.Stream().Connected || p.noStream && client.stream.hasBegun() })
	return client
}

// served is a fakePeer that is served.
type served struct {
	*grpc.Server
	address string
	ice     *ice // that the test may lay on its connections
}

// serve starts a peer, with a chain of its own unless it has one. The test stops it.
func serve(t *testing.T, p *fakePeer, pair tls.Certificate) served {
	t.Helper()
	p.envelopes = make(map[string]int)
	p.signer = applicationOf(pair)
	p.issued = append(p.issued, p.signer.pem)
	if p.chain == nil {
		p.chain = newChain()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	frozen := newIce(listener)
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	gatewaypb.RegisterGatewayServer(server, p)
	peer.RegisterDeliverServer(server, fakeDeliver{peer: p})
	go func() { _ = server.Serve(frozen) }()
	t.Cleanup(func() {
		frozen.thaw()
		server.Stop()
	})
	return served{server, listener.Addr().String(), frozen}
}

// connect returns a client of peers, with short timeouts. The test closes it.
func connect(t *testing.T, id Identity, peers ...Peer) *Client {
	t.Helper()
	return connectWith(t, keys.NewSet(zap.NewNop()), id, peers...)
}

// configOf has short timeouts where tests wait for their end, and otherwise such as a busy machine keeps to.
func configOf(id Identity, peers ...Peer) Config {
	return Config{
		Member: "producer", Channel: "waymark", Chaincode: "waymark",
		Peers:      peers,
		Own:        "operator",
		Identities: map[ledger.Identity]Identity{"operator": id},
		BlockBytes: testBlockBytes, CallerPercent: 50,
		Timeouts: Timeouts{Evaluate: 20 * time.Second, Endorse: 20 * time.Second, Submit: 20 * time.Second,
			Commit: 500 * time.Millisecond, Lookup: 3 * time.Second, Total: time.Minute},
	}
}

// connectWith has the identity's files followed by set.
func connectWith(t *testing.T, set *keys.Set, id Identity, peers ...Peer) *Client {
	t.Helper()
	client, err := New(configOf(id, peers...), set, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// await returns once something is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be")
		}
	}
}

func selfSigned(t *testing.T, dir string) (certFile, keyFile string, pair tls.Certificate) {
	t.Helper()
	certPEM, keyPEM := certtest.SelfSigned(t, x509.Certificate{Subject: pkix.Name{CommonName: "peer"}})
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, content := range map[string][]byte{certFile: certPEM, keyFile: keyPEM} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, pair
}

// rpcError is an error as the peer's gateway service makes it.
func rpcError(code codes.Code, message string, details ...string) error {
	st := status.New(code, message)
	for _, text := range details {
		with, err := st.WithDetails(&gatewaypb.ErrorDetail{Address: "peer:1", MspId: "producer", Message: text})
		if err != nil {
			panic(err)
		}
		st = with
	}
	return st.Err()
}
