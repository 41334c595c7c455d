package transaction_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"reflect"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/proto"
)

func someProposal() transaction.Proposal {
	return transaction.New("waymark", "waymark", []byte("creator"), []byte("devices:Suspend"), []byte(`{"device":"d"}`))
}

func TestProposalRoundTrip(t *testing.T) {
	want := someProposal()
	raw, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := transaction.ParseProposal(raw)
	if err != nil || !reflect.DeepEqual(got, want) || got.Function() != "devices:Suspend" || len(got.ID()) != 64 {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if other := someProposal(); other.ID() == want.ID() {
		t.Error("two proposals have one id")
	}
}

// TestMoreThanAProposalTells are proposals that Fabric would take and that say more, or
// other, than a Proposal does.
func TestMoreThanAProposalTells(t *testing.T) {
	raw, _ := someProposal().Marshal()
	for name, change := range map[string]func(*peer.Proposal){
		"nothing at all": func(p *peer.Proposal) { p.Reset() },
		"extension":      func(p *peer.Proposal) { p.Extension = []byte("x") },
		"transient": func(p *peer.Proposal) {
			payload(p, func(c *peer.ChaincodeProposalPayload) { c.TransientMap = map[string][]byte{"a": []byte("b")} })
		},
		"another type": func(p *peer.Proposal) {
			header(p, func(h *common.ChannelHeader) { h.Type = int32(common.HeaderType_CONFIG_UPDATE) })
		},
		"another id":        func(p *peer.Proposal) { header(p, func(h *common.ChannelHeader) { h.TxId = "aa" }) },
		"an epoch":          func(p *peer.Proposal) { header(p, func(h *common.ChannelHeader) { h.Epoch = 1 }) },
		"a TLS certificate": func(p *peer.Proposal) { header(p, func(h *common.ChannelHeader) { h.TlsCertHash = []byte("x") }) },
		"another chaincode in its header": func(p *peer.Proposal) {
			header(p, func(h *common.ChannelHeader) { h.Extension = nil })
		},
		"an unknown field": func(p *peer.Proposal) { p.ProtoReflect().SetUnknown([]byte{0xf8, 0x07, 0x01}) },
	} {
		t.Run(name, func(t *testing.T) {
			var p peer.Proposal
			if err := proto.Unmarshal(raw, &p); err != nil {
				t.Fatal(err)
			}
			change(&p)
			changed, _ := proto.Marshal(&p)
			if got, err := transaction.ParseProposal(changed); err == nil {
				t.Errorf("is read as %+v", got)
			}
		})
	}
}

func payload(p *peer.Proposal, change func(*peer.ChaincodeProposalPayload)) {
	var c peer.ChaincodeProposalPayload
	_ = proto.Unmarshal(p.Payload, &c)
	change(&c)
	p.Payload, _ = proto.Marshal(&c)
}

func header(p *peer.Proposal, change func(*common.ChannelHeader)) {
	var h common.Header
	var c common.ChannelHeader
	_ = proto.Unmarshal(p.Header, &h)
	_ = proto.Unmarshal(h.ChannelHeader, &c)
	change(&c)
	h.ChannelHeader, _ = proto.Marshal(&c)
	p.Header, _ = proto.Marshal(&h)
}

func TestSignatures(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	digest := sha256.Sum256(message)
	signature, _ := ecdsa.SignASN1(rand.Reader, key, digest[:])
	lower, err := transaction.Lower(&key.PublicKey, signature)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ R, S *big.Int }
	_, _ = asn1.Unmarshal(lower, &parts)
	parts.S.Sub(key.Params().N, parts.S)
	upper, _ := asn1.Marshal(parts)
	if again, err := transaction.Lower(&key.PublicKey, upper); err != nil || !bytes.Equal(again, lower) {
		t.Errorf("the upper one became %x, %v", again, err)
	}
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	for name, tt := range map[string]struct {
		key     any
		give    []byte
		message string
		want    bool
	}{
		"lower":         {&key.PublicKey, lower, "message", true},
		"upper":         {&key.PublicKey, upper, "message", false},
		"other message": {&key.PublicKey, lower, "massage", false},
		"cut short":     {&key.PublicKey, lower[:20], "message", false},
		"longer":        {&key.PublicKey, append(bytes.Clone(lower), 0), "message", false},
		"none":          {&key.PublicKey, nil, "message", false},
		"Ed25519":       {public, ed25519.Sign(private, message), "message", true},
		"other Ed25519": {public, ed25519.Sign(private, message), "massage", false},
		"no key":        {nil, lower, "message", false},
	} {
		if err := transaction.Verify(tt.key, []byte(tt.message), tt.give); (err == nil) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse checks that no bytes make the parsers panic, and that a proposal that is read
// is written as it was.
func FuzzParse(f *testing.F) {
	raw, _ := someProposal().Marshal()
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = transaction.Parse(raw)
		if p, err := transaction.ParseProposal(raw); err == nil {
			if again, _ := p.Marshal(); !bytes.Equal(again, raw) {
				t.Error("the bytes are others")
			}
		}
	})
}
