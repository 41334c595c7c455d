package fabric

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	offline "github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// application has a key of its own.
type application struct {
	pem []byte
	key *ecdsa.PrivateKey
}

// stranger is one whose certificate nobody issued but itself.
func stranger(t *testing.T) *application {
	t.Helper()
	_, _, pair := selfSigned(t, t.TempDir())
	return applicationOf(pair)
}

// application returns one whose certificate is good to the peer.
func (p *fakePeer) application(t *testing.T) *application {
	t.Helper()
	a := stranger(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.issued = append(p.issued, a.pem)
	return a
}

func applicationOf(pair tls.Certificate) *application {
	key, _ := pair.PrivateKey.(*ecdsa.PrivateKey)
	return &application{key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})}
}

func (a *application) sign(raw []byte) ledger.Signed {
	digest := sha256.Sum256(raw)
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		panic(err)
	}
	return ledger.Signed{Bytes: raw, Signature: signature}
}

var suspension = waymark.DeviceStateRequest{Device: "d", Reason: "lost"}

// suspensions offers one transaction and one request of it.
func suspensions(tx waymark.Transaction, _ []byte) (waymark.Validator, error) {
	if tx != waymark.DevicesSuspend {
		return nil, waymark.Errorf(waymark.Invalid, "not offered")
	}
	return suspension, nil
}

// endorsedAs is a payload whose endorsers said something else.
func endorsedAs(t *testing.T, payload []byte, change func(*peer.ChaincodeActionPayload, *peer.ChaincodeAction)) []byte {
	t.Helper()
	var outer common.Payload
	var tx peer.Transaction
	var cap peer.ChaincodeActionPayload
	var response peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	_ = proto.Unmarshal(payload, &outer)
	_ = proto.Unmarshal(outer.GetData(), &tx)
	_ = proto.Unmarshal(tx.GetActions()[0].GetPayload(), &cap)
	_ = proto.Unmarshal(cap.GetAction().GetProposalResponsePayload(), &response)
	_ = proto.Unmarshal(response.GetExtension(), &action)
	change(&cap, &action)
	response.Extension = marshal(&action)
	cap.Action.ProposalResponsePayload = marshal(&response)
	tx.Actions[0].Payload = marshal(&cap)
	outer.Data = marshal(&tx)
	return marshal(&outer)
}

func TestOfflineSigning(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a := p.application(t)
	proposed, err := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	if err != nil {
		t.Fatal(err)
	}
	endorsed, err := c.EndorseSigned(t.Context(), a.sign(proposed.Bytes), suspensions)
	if err != nil || endorsed.TxID != proposed.TxID || string(endorsed.Result) != `{"ok":true}` || p.submitted != 0 {
		t.Fatalf("got %+v, %v", endorsed, err)
	}
	done, err := c.SubmitSigned(t.Context(), a.sign(endorsed.Bytes), suspensions, nil)
	if err != nil || done.Commit.TxID != proposed.TxID || done.Commit.Status != ledger.Valid || string(done.Result) != `{"ok":true}` {
		t.Fatalf("got %+v, %v", done, err)
	}
	again, err := c.SubmitSigned(t.Context(), a.sign(endorsed.Bytes), suspensions, nil)
	if err != nil || again.Commit.TxID != proposed.TxID || again.Commit != done.Commit || string(again.Result) != `{"ok":true}` || p.submitted != 1 {
		t.Errorf("the same again: %+v, %v", again, err)
	}
}

// What comes back is from outside, every byte of it.
func TestWhatComesBack(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a, other := p.application(t), stranger(t)
	proposed, err := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	if err != nil {
		t.Fatal(err)
	}
	altered := func(change func(*offline.Proposal)) ledger.Signed {
		p, err := offline.ParseProposal(proposed.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		change(&p)
		raw, _ := p.Marshal()
		return a.sign(raw)
	}
	carrier, _ := offline.Creator("carrier", a.pem)
	nobodys := altered(func(p *offline.Proposal) { p.Creator, _ = offline.Creator("producer", other.pem) })
	for name, tt := range map[string]struct {
		give ledger.Signed
		want waymark.Code
	}{
		"nothing":                   {ledger.Signed{}, waymark.Invalid},
		"another's signature":       {other.sign(proposed.Bytes), waymark.Invalid},
		"no signature":              {ledger.Signed{Bytes: proposed.Bytes}, waymark.Invalid},
		"a byte more":               {a.sign(append([]byte{}, append(proposed.Bytes, 0)...)), waymark.Invalid},
		"another channel":           {altered(func(p *offline.Proposal) { p.Channel = "other" }), waymark.Invalid},
		"another chaincode":         {altered(func(p *offline.Proposal) { p.Chaincode = "qscc" }), waymark.Invalid},
		"another function":          {altered(func(p *offline.Proposal) { p.Args[0] = []byte("devices:Retire") }), waymark.Invalid},
		"an argument more":          {altered(func(p *offline.Proposal) { p.Args = append(p.Args, nil) }), waymark.Invalid},
		"an argument less":          {altered(func(p *offline.Proposal) { p.Args = p.Args[:1] }), waymark.Invalid},
		"other bytes of it":         {altered(func(p *offline.Proposal) { p.Args[1] = append([]byte(" "), p.Args[1]...) }), waymark.Invalid},
		"another member":            {altered(func(p *offline.Proposal) { p.Creator = carrier }), waymark.Forbidden},
		"a certificate of nobody's": {other.sign(nobodys.Bytes), waymark.Forbidden},
		"no certificate":            {altered(func(p *offline.Proposal) { p.Creator = []byte("x") }), waymark.Invalid},
		"too old":                   {altered(func(p *offline.Proposal) { p.Time = p.Time.Add(-maxProposalAge) }), waymark.FailedPrecondition},
		"of the future":             {altered(func(p *offline.Proposal) { p.Time = p.Time.Add(2 * maxProposalAhead) }), waymark.FailedPrecondition},
	} {
		if _, err := c.EndorseSigned(t.Context(), tt.give, suspensions); waymark.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if p.endorsed != 0 {
		t.Errorf("%d of them reached the peer", p.endorsed)
	}
	if _, err := c.Propose(waymark.DevicesSuspend, suspension, []byte("no PEM")); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("a certificate that is none: %v", err)
	}
}

func TestWhatIsSubmitted(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a, other := p.application(t), stranger(t)
	proposed, _ := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	endorsed, err := c.EndorseSigned(t.Context(), a.sign(proposed.Bytes), suspensions)
	if err != nil {
		t.Fatal(err)
	}
	as := func(change func(*peer.ChaincodeActionPayload, *peer.ChaincodeAction)) ledger.Signed {
		return a.sign(endorsedAs(t, endorsed.Bytes, change))
	}
	for name, give := range map[string]ledger.Signed{
		"nothing":             {},
		"a proposal":          a.sign(proposed.Bytes),
		"another's signature": other.sign(endorsed.Bytes),
		"of the proposal":     {Bytes: endorsed.Bytes, Signature: a.sign(proposed.Bytes).Signature},
		"not endorsed": as(func(cap *peer.ChaincodeActionPayload, _ *peer.ChaincodeAction) {
			cap.Action.Endorsements = nil
		}),
		"endorsed by nobody": as(func(cap *peer.ChaincodeActionPayload, _ *peer.ChaincodeAction) {
			cap.Action.Endorsements = []*peer.Endorsement{{Endorser: []byte("x"), Signature: []byte("x")}}
		}),
		"endorsed by a stranger": as(func(cap *peer.ChaincodeActionPayload, _ *peer.ChaincodeAction) {
			endorser, _ := offline.Creator("producer", other.pem)
			signature, _ := offline.Lower(&other.key.PublicKey, other.sign(append(cap.GetAction().GetProposalResponsePayload(), endorser...)).Signature)
			cap.Action.Endorsements = []*peer.Endorsement{{Endorser: endorser, Signature: signature}}
		}),
		"refused by the chaincode": as(func(_ *peer.ChaincodeActionPayload, action *peer.ChaincodeAction) { action.Response.Status = 500 }),
		"another chaincode ran":    as(func(_ *peer.ChaincodeActionPayload, action *peer.ChaincodeAction) { action.ChaincodeId.Name = "x" }),
		"another proposal": as(func(cap *peer.ChaincodeActionPayload, _ *peer.ChaincodeAction) {
			cap.ChaincodeProposalPayload = append(cap.ChaincodeProposalPayload, 0x12, 0)
		}),
	} {
		if _, err := c.SubmitSigned(t.Context(), give, suspensions, nil); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if p.submitted != 0 {
		t.Errorf("%d of them were submitted", p.submitted)
	}
}

// A conflict is the answer: only the application can make the transaction anew.
func TestOfflineConflict(t *testing.T) {
	p := &fakePeer{fate: []fateAnswer{{code: peer.TxValidationCode_MVCC_READ_CONFLICT}}}
	c := newClient(t, p)
	a := p.application(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	proposed, _ := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	endorsed, err := c.EndorseSigned(ctx, a.sign(proposed.Bytes), suspensions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SubmitSigned(ctx, a.sign(endorsed.Bytes), suspensions, nil); waymark.CodeOf(err) != waymark.Conflict || p.endorsed != 1 {
		t.Errorf("endorsed %d times: %v", p.endorsed, err)
	}
}

// endorsed are transactions of one creator, of one id if they have one nonce.
func (a *application) endorsed(t *testing.T, c *Client, nonce []byte) ledger.Signed {
	t.Helper()
	creator, err := offline.Creator("producer", a.pem)
	if err != nil {
		t.Fatal(err)
	}
	argument, err := argumentOf(suspension)
	if err != nil {
		t.Fatal(err)
	}
	p := offline.New("waymark", "waymark", creator, []byte(waymark.DevicesSuspend), argument)
	if nonce != nil {
		p.Nonce = nonce
	}
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	endorsed, err := c.EndorseSigned(t.Context(), a.sign(raw), suspensions)
	if err != nil {
		t.Fatal(err)
	}
	return a.sign(endorsed.Bytes)
}

// Of two transactions with one id the one that is in the block has its result, and the other none, whether
// it waits for its block, is asked for later, or comes later.
func TestTwoTransactionsOfOneID(t *testing.T) {
	p := &fakePeer{fate: []fateAnswer{{held: true}}, seek: []error{nil, nil, rpcError(codes.Unavailable, "down")}}
	c := newClient(t, p)
	a, nonce := p.application(t), make([]byte, 24)
	one, other := a.endorsed(t, c, nonce), a.endorsed(t, c, nonce)
	ones, others := make(chan error, 1), &journal{}
	go func() {
		done, err := c.SubmitSigned(t.Context(), one, suspensions, nil)
		if err == nil && (done.Commit.Status != ledger.Valid || string(done.Result) != `{"ok":true}`) {
			t.Errorf("got %+v", done)
		}
		ones <- err
	}()
	await(t, func() bool { return p.chain.holds() == 1 })
	_, err := c.SubmitSigned(t.Context(), other, suspensions, others)
	var concerned *ledger.Failure
	if waymark.CodeOf(err) != waymark.AlreadyExists || !errors.As(err, &concerned) {
		t.Errorf("the other: %v", err)
	}
	if want := []string{"endorsed 1", "submitted 1", "DUPLICATE_TXID in 7 at 1: 1"}; !slices.Equal(others.entries, want) {
		t.Errorf("the other's journal: %q, want %q", others.entries, want)
	}
	if err := <-ones; err != nil {
		t.Errorf("the one: %v", err)
	}
	if fate, err := c.Resolve(t.Context(), others.kept[0]); err != nil || fate.Status != peer.TxValidationCode_DUPLICATE_TXID.String() {
		t.Errorf("the other is asked for: %+v, %v", fate, err)
	}
	before := p.submitted
	if _, err := c.SubmitSigned(t.Context(), other, suspensions, nil); waymark.CodeOf(err) != waymark.AlreadyExists || p.submitted != before {
		t.Errorf("the other comes again: %v", err)
	}
}

// Another transaction of the same id is not read if it is larger, so that nobody makes a gateway hold many large ones.
func TestALargerTransactionOfTheID(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	signed := p.application(t).endorsed(t, c, nil)
	tx, err := offline.Parse(signed.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.take(tx.ID(), &common.Envelope{Payload: make([]byte, 2*testBlockBytes)}) // more than the client takes at all
	p.mu.Unlock()
	if _, err := c.SubmitSigned(t.Context(), signed, suspensions, nil); waymark.CodeOf(err) != waymark.AlreadyExists || p.submitted != 0 {
		t.Errorf("submitted %d: %v", p.submitted, err)
	}
}

// A transaction whose block went by between the question for it and the wait for it is found all the same.
func TestABlockThatWentBy(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a := p.application(t)
	signed := a.endorsed(t, c, nil)
	first, err := c.SubmitSigned(t.Context(), signed, suspensions, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.seek = []error{rpcError(codes.Unknown, "refused", "chaincode response 500, "+noSuchTx)}
	p.submit = slices.Repeat([]submitAnswer{{lost: true, err: rpcError(codes.Unavailable, "insufficient number of orderers", textOrderer+"SERVICE_UNAVAILABLE, info=request already processed")}}, 10)
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if again, err := c.SubmitSigned(ctx, signed, suspensions, &journal{}); err != nil || again.Commit != first.Commit {
		t.Errorf("got %+v, %v, want %+v", again, err, first)
	}
}

// A stranger cannot make the gateway submit in its member's name, whatever a peer endorsed.
func TestStrangersSubmitNothing(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a := stranger(t)
	proposed, err := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	if err != nil {
		t.Fatal(err)
	}
	signed := a.sign(proposed.Bytes)
	endorsed, err := p.prepared(&peer.SignedProposal{ProposalBytes: signed.Bytes, Signature: signed.Signature})
	if err != nil {
		t.Fatal(err)
	}
	j := &journal{}
	if _, err := c.SubmitSigned(t.Context(), a.sign(endorsed.GetPayload()), suspensions, j); waymark.CodeOf(err) != waymark.Forbidden || p.submitted != 0 || j.entries != nil {
		t.Errorf("submitted %d: %v, %q", p.submitted, err, j.entries)
	}
}

// What others endorse waits for its turn as well.
func TestOfflineEndorsementsTakeTurns(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	c.cfg.Timeouts.Total = 50 * time.Millisecond
	others := fill(t, c.turns.endorse)
	a := p.application(t)
	proposed, err := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.EndorseSigned(t.Context(), a.sign(proposed.Bytes), suspensions); waymark.CodeOf(err) != waymark.ResourceExhausted || p.endorsed != 0 {
		t.Errorf("endorsed %d: %v", p.endorsed, err)
	}
	c.cfg.Timeouts.Total = time.Minute
	others[0].Leave()
	if _, err := c.EndorseSigned(t.Context(), a.sign(proposed.Bytes), suspensions); err != nil || p.endorsed != 1 {
		t.Errorf("endorsed %d: %v", p.endorsed, err)
	}
}
