package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"google.golang.org/protobuf/proto"
)

// authority is the certificate authority of a member.
type authority struct {
	t      *testing.T
	member string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

// holder is somebody with a certificate.
type holder struct {
	member, name string
	pem          []byte
	key          *ecdsa.PrivateKey
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newAuthority(t *testing.T, member string) *authority {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca." + member}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &authority{t: t, member: member, cert: must(x509.ParseCertificate(der)), key: key}
}

func (a *authority) issue(name string, units ...string) *holder {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<60))), Subject: pkix.Name{CommonName: name, OrganizationalUnit: units},
		KeyUsage: x509.KeyUsageDigitalSignature, NotBefore: time.Now().Add(-47 * time.Hour), NotAfter: time.Now().Add(-time.Hour)} // expired since
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))
	return &holder{member: a.member, name: name, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (h *holder) serialized() []byte { return must(transaction.Creator(h.member, h.pem)) }

func (h *holder) sign(message ...[]byte) []byte {
	digest := sha256.Sum256(bytes.Join(message, nil))
	return must(transaction.Lower(&h.key.PublicKey, must(ecdsa.SignASN1(rand.Reader, h.key, digest[:]))))
}

func marshal(m proto.Message) []byte { return must(proto.Marshal(m)) }

// chain is four members, each with an orderer and a peer, and a client of the first.
type chain struct {
	authorities     []*authority
	orderers, peers []*holder
	client          *holder
}

var names = []string{"producer", "carrier", "retailer", "auditor"}

func newChain(t *testing.T) *chain {
	t.Helper()
	c := new(chain)
	for _, name := range names {
		a := newAuthority(t, name)
		c.authorities = append(c.authorities, a)
		c.orderers = append(c.orderers, a.issue("orderer0."+name, "orderer"))
		c.peers = append(c.peers, a.issue("peer0."+name, "peer"))
	}
	c.client = c.authorities[0].issue("operator", "client")
	return c
}

func (c *chain) trust() verify.Trust {
	t := verify.Trust{Members: map[string]*x509.CertPool{}}
	for _, a := range c.authorities {
		pool := x509.NewCertPool()
		pool.AddCert(a.cert)
		t.Members[a.member] = pool
	}
	return t
}

// endorse makes the payload of a transaction.
func endorse(p transaction.Proposal, result []byte, by ...*holder) []byte {
	return endorseWrites(p, result, nil, by...)
}

// endorseWrites is endorse of what has read and written something.
func endorseWrites(p transaction.Proposal, result, written []byte, by ...*holder) []byte {
	var proposal peer.Proposal
	var header common.Header
	_ = proto.Unmarshal(must(p.Marshal()), &proposal)
	_ = proto.Unmarshal(proposal.GetHeader(), &header)
	hash := sha256.Sum256(bytes.Join([][]byte{header.GetChannelHeader(), header.GetSignatureHeader(), proposal.GetPayload()}, nil))
	response := marshal(&peer.ProposalResponsePayload{ProposalHash: hash[:], Extension: marshal(&peer.ChaincodeAction{
		Results: written, Response: &peer.Response{Status: 200, Payload: result}, ChaincodeId: &peer.ChaincodeID{Name: p.Chaincode}})})
	action := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal.GetPayload(), Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: response}}
	for _, h := range by {
		action.Action.Endorsements = append(action.Action.Endorsements,
			&peer.Endorsement{Endorser: h.serialized(), Signature: h.sign(response, h.serialized())})
	}
	tx := &peer.Transaction{Actions: []*peer.TransactionAction{{Header: header.GetSignatureHeader(), Payload: marshal(action)}}}
	return marshal(&common.Payload{Header: &header, Data: marshal(tx)})
}

// envelope is a signed transaction of the client.
func (c *chain) envelope(function string, endorsers ...*holder) (string, []byte) {
	p := transaction.New("waymark", "waymark", c.client.serialized(), []byte(function), []byte(`{"id":"x"}`))
	payload := endorse(p, []byte(`{"ok":true}`), endorsers...)
	return p.ID(), marshal(&common.Envelope{Payload: payload, Signature: c.client.sign(payload)})
}

// order makes block 7 of envelopes, signed by orderers by their numbers, from 1.
func (c *chain) order(envelopes [][]byte, by ...int) []byte {
	sum := sha256.Sum256(bytes.Join(envelopes, nil))
	header := &common.BlockHeader{Number: 7, PreviousHash: []byte("before"), DataHash: sum[:]}
	signed := must(asn1.Marshal(struct {
		Number                 *big.Int
		PreviousHash, DataHash []byte
	}{big.NewInt(7), header.PreviousHash, header.DataHash}))
	signatures := &common.Metadata{Value: []byte("signed too")}
	for _, n := range by {
		name := marshal(&common.IdentifierHeader{Identifier: uint32(n), Nonce: []byte("n")})
		signatures.Signatures = append(signatures.Signatures, &common.MetadataSignature{IdentifierHeader: name,
			Signature: c.orderers[n-1].sign(signatures.Value, name, signed)})
	}
	return marshal(&common.Block{Header: header, Data: &common.BlockData{Data: envelopes},
		Metadata: &common.BlockMetadata{Metadata: [][]byte{marshal(signatures)}}})
}

// attest is what peers say of an envelope.
func (c *chain) attest(txID string, envelope []byte, code peer.TxValidationCode, by ...*holder) []verify.Attestation {
	var all []verify.Attestation
	for _, h := range by {
		all = append(all, c.attestTogether(txID, envelope, code, h))
	}
	return all
}

// attestTogether is one attestation of several peers, said to be of the member of the first.
func (c *chain) attestTogether(txID string, envelope []byte, code peer.TxValidationCode, by ...*holder) verify.Attestation {
	var parsed common.Envelope
	_ = proto.Unmarshal(envelope, &parsed)
	result := marshal(&peer.ProcessedTransaction{TransactionEnvelope: &parsed, ValidationCode: int32(code)})
	p := transaction.New("waymark", "qscc", c.client.serialized(), []byte("GetTransactionByID"), []byte("waymark"), []byte(txID))
	return verify.Attestation{MSPID: by[0].member, Payload: endorse(p, result, by...)}
}

func (c *chain) consenters() []verify.Consenter {
	var all []verify.Consenter
	for i, o := range c.orderers {
		all = append(all, verify.Consenter{ID: uint32(i + 1), MSPID: o.member, Certificate: o.pem})
	}
	return all
}

// receipt is a sound one with no signature more than is needed.
func (c *chain) receipt() verify.Receipt {
	_, before := c.envelope("members:Register", c.peers...)
	id, envelope := c.envelope("devices:Suspend", c.peers[0])
	return verify.Receipt{
		Format: verify.Format, TxID: id, Channel: "waymark", BlockNumber: 7, Position: 1, Status: "VALID",
		Block: c.order([][]byte{before, envelope}, 1, 2, 4), Consenters: c.consenters(),
		Attestations: c.attest(id, envelope, peer.TxValidationCode_VALID, c.peers[1], c.peers[2]),
	}
}
