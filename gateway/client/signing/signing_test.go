package signing_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/signing"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/proto"
)

type thing struct {
	ID string `json:"id"`
}

// preparer is a gateway that prepares transactions, and may lie about them.
type preparer struct {
	creator []byte
	lie     func(*transaction.Proposal)
	another bool // endorses another proposal than the one that was signed
	submits int
	refuses bool // with a conflict
}

func (g *preparer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct {
		Transaction json.RawMessage
		Request     json.RawMessage
		Proposal    []byte
	}
	_ = json.Unmarshal(body, &in)
	answer := map[string]any{}
	switch r.URL.Path {
	case "/v1/proposals":
		p := transaction.New("waymark", "waymark", g.creator, []byte("devices:Suspend"), in.Request)
		if g.lie != nil {
			g.lie(&p)
		}
		answer["proposal"], _ = p.Marshal()
	case "/v1/proposals:endorse":
		if g.another {
			p, _ := transaction.ParseProposal(in.Proposal)
			p.Args[1] = []byte(`{"device":"e","reason":"lost"}`)
			in.Proposal, _ = p.Marshal()
		}
		answer["transaction"] = prepared(in.Proposal)
	case "/v1/transactions:submit":
		g.submits++
		if g.refuses {
			w.WriteHeader(http.StatusConflict)
			answer["code"] = waymark.Conflict
			break
		}
		answer["transaction"], answer["result"] = client.Commit{TxID: "aa", Status: "VALID"}, thing{ID: "d"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func pb(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

// prepared is what a peer makes of a proposal.
func prepared(raw []byte) []byte {
	var proposal peer.Proposal
	var header common.Header
	_ = proto.Unmarshal(raw, &proposal)
	_ = proto.Unmarshal(proposal.GetHeader(), &header)
	hash := sha256.Sum256(bytes.Join([][]byte{header.GetChannelHeader(), header.GetSignatureHeader(), proposal.GetPayload()}, nil))
	response := pb(&peer.ProposalResponsePayload{ProposalHash: hash[:], Extension: pb(&peer.ChaincodeAction{
		Response: &peer.Response{Status: 200}, ChaincodeId: &peer.ChaincodeID{Name: "waymark"}})})
	action := pb(&peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal.GetPayload(), Action: &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: response, Endorsements: []*peer.Endorsement{{Endorser: []byte("peer"), Signature: []byte("s")}}}})
	tx := &peer.Transaction{Actions: []*peer.TransactionAction{{Header: header.GetSignatureHeader(), Payload: action}}}
	return pb(&common.Payload{Header: &header, Data: pb(tx)})
}

// serve returns a client of a gateway.
func serve(t *testing.T, g *preparer) *client.Client {
	t.Helper()
	server := httptest.NewTLSServer(g)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	c, err := client.New(client.Options{URL: server.URL, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Only the signer can make a transaction anew, so a conflict is told at once.
func TestAConflictIsTheAnswer(t *testing.T) {
	creator, _ := transaction.Creator("producer", []byte("PEM"))
	g := &preparer{creator: creator, refuses: true}
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s := signing.Signer{Member: "producer", Channel: "waymark", Chaincode: "waymark", Certificate: []byte("PEM"),
		Sign: func(digest []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, key, digest) }}
	_, err := signing.Write[thing](t.Context(), serve(t, g), s, waymark.DevicesSuspend, waymark.DeviceStateRequest{Device: "d", Reason: "lost"})
	if problem, ok := client.AsProblem(err); !ok || problem.Code != waymark.Conflict || g.submits != 1 {
		t.Errorf("submitted %d times: %v", g.submits, err)
	}
}

func TestWhatIsSigned(t *testing.T) {
	const certificate = "PEM"
	creator, _ := transaction.Creator("producer", []byte(certificate))
	other, _ := transaction.Creator("carrier", []byte(certificate))
	request := waymark.DeviceStateRequest{Device: "d", Reason: "lost"}
	for name, tt := range map[string]struct {
		lie     func(*transaction.Proposal)
		another bool
		signed  int
	}{
		"what was asked for": {signed: 2},
		"in another order":   {lie: func(p *transaction.Proposal) { p.Args[1] = []byte(`{"reason":"lost", "device":"d", "x":[]}`) }, signed: 2},
		"another channel":    {lie: func(p *transaction.Proposal) { p.Channel = "other" }},
		"another chaincode":  {lie: func(p *transaction.Proposal) { p.Chaincode = "other" }},
		"another creator":    {lie: func(p *transaction.Proposal) { p.Creator = other }},
		"another function":   {lie: func(p *transaction.Proposal) { p.Args[0] = []byte("devices:Retire") }},
		"another request":    {lie: func(p *transaction.Proposal) { p.Args[1] = []byte(`{"device":"e","reason":"lost"}`) }},
		"one member more":    {lie: func(p *transaction.Proposal) { p.Args[1] = []byte(`{"device":"d","reason":"lost","x":1}`) }},
		"a member twice":     {lie: func(p *transaction.Proposal) { p.Args[1] = []byte(`{"device":"d","reason":"lost"}{}`) }},
		"an argument more":   {lie: func(p *transaction.Proposal) { p.Args = append(p.Args, []byte("x")) }},
		"no argument":        {lie: func(p *transaction.Proposal) { p.Args = nil }},
		"another time":       {lie: func(p *transaction.Proposal) { p.Time = p.Time.Add(-time.Hour) }},
		"another endorsed":   {another: true, signed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := &preparer{creator: creator, lie: tt.lie, another: tt.another}
			c := serve(t, g)
			key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			signed := 0
			s := signing.Signer{Member: "producer", Channel: "waymark", Chaincode: "waymark", Certificate: []byte(certificate),
				Sign: func(digest []byte) ([]byte, error) {
					signed++
					return ecdsa.SignASN1(rand.Reader, key, digest)
				}}
			w, err := signing.Write[thing](t.Context(), c, s, waymark.DevicesSuspend, request)
			if signed != tt.signed || errors.Is(err, signing.ErrDeceived) != (tt.signed < 2) || g.submits != tt.signed/2 {
				t.Fatalf("signed %d times, submitted %d: %v", signed, g.submits, err)
			}
			if err == nil && w.Result.ID != "d" {
				t.Errorf("got %+v", w)
			}
		})
	}
}
