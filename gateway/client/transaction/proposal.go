package transaction

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// nonceLength is Fabric's, in bytes.
const nonceLength = 24

// Proposal asks peers to run a chaincode function. It has no transient data.
type Proposal struct {
	Channel   string
	Chaincode string
	Args      [][]byte  // the function, then its arguments
	Creator   []byte    // the serialized identity of who signs
	Nonce     []byte    // with Creator it makes the id
	Time      time.Time // as the creator claims it, UTC
}

// New makes a proposal of now, with a fresh nonce.
func New(channel, chaincode string, creator []byte, args ...[]byte) Proposal {
	nonce := make([]byte, nonceLength)
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	return Proposal{Channel: channel, Chaincode: chaincode, Args: args, Creator: creator, Nonce: nonce, Time: time.Now().UTC()}
}

// ID is the transaction's id: the SHA-256 of nonce and creator in hexadecimal.
func (p Proposal) ID() string {
	sum := sha256.Sum256(bytes.Join([][]byte{p.Nonce, p.Creator}, nil))
	return hex.EncodeToString(sum[:])
}

// Function is the chaincode function that is called; empty if there is none.
func (p Proposal) Function() string {
	if len(p.Args) == 0 {
		return ""
	}
	return string(p.Args[0])
}

// Marshal renders the proposal as a peer.Proposal: the bytes that are signed. The same
// proposal gives the same bytes.
func (p Proposal) Marshal() ([]byte, error) {
	id := &peer.ChaincodeID{Name: p.Chaincode}
	spec := &peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		Type: peer.ChaincodeSpec_GOLANG, ChaincodeId: id, Input: &peer.ChaincodeInput{Args: p.Args}}}
	var e encoder
	channel := e.of(&common.ChannelHeader{
		Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: p.Channel, TxId: p.ID(), Timestamp: timestamppb.New(p.Time),
		Extension: e.of(&peer.ChaincodeHeaderExtension{ChaincodeId: id}),
	})
	signature := e.of(&common.SignatureHeader{Creator: p.Creator, Nonce: p.Nonce})
	raw := e.of(&peer.Proposal{
		Header:  e.of(&common.Header{ChannelHeader: channel, SignatureHeader: signature}),
		Payload: e.of(&peer.ChaincodeProposalPayload{Input: e.of(spec)}),
	})
	return raw, e.err
}

// encoder keeps the first error.
type encoder struct{ err error }

func (e *encoder) of(m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return raw
}

// errMore says that bytes hold what a Proposal cannot tell.
var errMore = errors.New("the proposal holds something else beside what it asks for")

// ParseProposal takes a proposal apart. It fails unless Marshal gives the same bytes again:
// transient data, another type of transaction and unknown fields are refused.
func ParseProposal(raw []byte) (Proposal, error) {
	var outer peer.Proposal
	if err := decode(raw, &outer); err != nil {
		return Proposal{}, err
	}
	var header common.Header
	if err := decode(outer.GetHeader(), &header); err != nil {
		return Proposal{}, err
	}
	p, err := parse(&header, outer.GetPayload())
	if err != nil {
		return Proposal{}, err
	}
	again, err := p.Marshal()
	if err != nil {
		return Proposal{}, err
	}
	if !bytes.Equal(again, raw) {
		return Proposal{}, errMore
	}
	return p, nil
}

// parse reads what both a proposal and a transaction have.
func parse(header *common.Header, payload []byte) (Proposal, error) {
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	var body peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	if err := decode(header.GetChannelHeader(), &channel); err != nil {
		return Proposal{}, err
	}
	if err := decode(header.GetSignatureHeader(), &signature); err != nil {
		return Proposal{}, err
	}
	if err := decode(payload, &body); err != nil {
		return Proposal{}, err
	}
	if err := decode(body.GetInput(), &spec); err != nil {
		return Proposal{}, err
	}
	if kind := common.HeaderType(channel.GetType()); kind != common.HeaderType_ENDORSER_TRANSACTION {
		return Proposal{}, fmt.Errorf("it is no transaction of a chaincode, but of type %d", channel.GetType())
	}
	p := Proposal{
		Channel: channel.GetChannelId(), Chaincode: spec.GetChaincodeSpec().GetChaincodeId().GetName(), Args: spec.GetChaincodeSpec().GetInput().GetArgs(),
		Creator: signature.GetCreator(), Nonce: signature.GetNonce(), Time: channel.GetTimestamp().AsTime(),
	}
	if p.ID() != channel.GetTxId() {
		return Proposal{}, errors.New("its id is not that of its nonce and creator")
	}
	return p, nil
}

func decode(raw []byte, into proto.Message) error {
	if err := proto.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("decode %s: %w", into.ProtoReflect().Descriptor().Name(), err)
	}
	return nil
}
