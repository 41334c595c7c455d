package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// openBlock reads the block and checks that its header is of its envelopes, and that it is cut
// into them as it was when it was ordered.
func openBlock(r Receipt) (*common.Block, error) {
	block := new(common.Block)
	if err := proto.Unmarshal(r.Block, block); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if block.GetHeader().GetNumber() != r.BlockNumber {
		return nil, fmt.Errorf("it is number %d, not %d", block.GetHeader().GetNumber(), r.BlockNumber)
	}
	sum := sha256.Sum256(bytes.Join(block.GetData().GetData(), nil))
	if !bytes.Equal(sum[:], block.GetHeader().GetDataHash()) {
		return nil, errors.New("its header is not of its envelopes")
	}
	for i, piece := range block.GetData().GetData() {
		if !oneEnvelope(piece) {
			return nil, fmt.Errorf("what it has at position %d is not one whole envelope", i)
		}
	}
	return block, nil
}

// payloadField is the number of common.Envelope's payload.
const payloadField = protowire.Number(1)

// oneEnvelope reports whether raw is one envelope as orderers write it: its payload first, then
// all else. The data hash runs over the envelopes one after another and does not say where one
// ends. But there is one way only to cut the same bytes into such pieces: a cut inside a field
// leaves a part of a field behind, and each payload begins a piece.
func oneEnvelope(raw []byte) bool {
	if len(raw) == 0 {
		return false
	}
	for first := true; len(raw) > 0; first = false {
		number, kind, length := protowire.ConsumeField(raw)
		payload := number == payloadField && kind == protowire.BytesType
		if length < 0 || payload != first {
			return false
		}
		raw = raw[length:]
	}
	return true
}

// headerBytes is what orderers sign of a header, and what the next block names by its hash.
func headerBytes(h *common.BlockHeader) ([]byte, error) {
	raw, err := asn1.Marshal(struct {
		Number                 *big.Int
		PreviousHash, DataHash []byte
	}{new(big.Int).SetUint64(h.GetNumber()), h.GetPreviousHash(), h.GetDataHash()})
	if err != nil {
		return nil, fmt.Errorf("encode header: %w", err)
	}
	return raw, nil
}

// HeaderHash returns the SHA-256 of a block's header, by which the next block names it.
func HeaderHash(h *common.BlockHeader) ([]byte, error) {
	raw, err := headerBytes(h)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return sum[:], nil
}

// ordered returns the orderers that signed the header. It fails unless they are a quorum.
// A signature that does not hold counts for nothing, as in Fabric.
func (t Trust) ordered(r Receipt, block *common.Block) ([]Signer, error) {
	var signatures common.Metadata
	sections := block.GetMetadata().GetMetadata()
	if at := int(common.BlockMetadataIndex_SIGNATURES); at < len(sections) {
		if err := proto.Unmarshal(sections[at], &signatures); err != nil {
			return nil, fmt.Errorf("decode signatures: %w", err)
		}
	}
	header, err := headerBytes(block.GetHeader())
	if err != nil {
		return nil, err
	}
	if n := len(signatures.GetSignatures()); n > maxSigners {
		return nil, fmt.Errorf("it has %d signatures, and no consortium has more than %d orderers", n, maxSigners)
	}
	all, each := t.orderers()
	count := newTally(each)
	for _, s := range signatures.GetSignatures() {
		who, named, err := t.orderer(r, s)
		if err != nil {
			continue
		}
		if transaction.Verify(who.key, bytes.Join([][]byte{signatures.GetValue(), named, header}, nil), s.GetSignature()) == nil {
			count.add(who)
		}
	}
	if need := quorum(all); len(count.signers) < need {
		return nil, fmt.Errorf("%d orderers signed it, and %d of %d must have", len(count.signers), need, all)
	}
	return count.signers, nil
}

// orderer says who made a signature, and the bytes in which it names itself: by number under
// BFT, by its identity under Raft.
func (t Trust) orderer(r Receipt, s *common.MetadataSignature) (signer, []byte, error) {
	if len(s.GetSignatureHeader()) > 0 {
		var header common.SignatureHeader
		if err := proto.Unmarshal(s.GetSignatureHeader(), &header); err != nil {
			return signer{}, nil, fmt.Errorf("decode signature header: %w", err)
		}
		who, err := t.serialized(header.GetCreator(), roleOrderer)
		return who, s.GetSignatureHeader(), err
	}
	var header common.IdentifierHeader
	if err := proto.Unmarshal(s.GetIdentifierHeader(), &header); err != nil {
		return signer{}, nil, fmt.Errorf("decode identifier header: %w", err)
	}
	for _, c := range r.Consenters {
		if c.ID != header.GetIdentifier() {
			continue
		}
		certificate, err := transaction.Certificate(c.Certificate)
		if err != nil {
			return signer{}, nil, err
		}
		who, err := t.check(c.MSPID, certificate, roleOrderer)
		return who, s.GetIdentifierHeader(), err
	}
	return signer{}, nil, fmt.Errorf("there is no orderer %d", header.GetIdentifier())
}

// maxSigners bounds the signatures of one kind that are looked at. A signature costs most of what
// checking a receipt does, and a forger can add as many as fit.
const maxSigners = 1000

// tally counts signers, each key once and so many of one member.
type tally struct {
	each    int
	seen    map[string]bool
	of      map[string]int
	signers []Signer
}

func newTally(each int) *tally {
	return &tally{each: each, seen: make(map[string]bool), of: make(map[string]int)}
}

func (c *tally) add(s signer) {
	if c.seen[s.public] || c.of[s.Member] >= c.each {
		return
	}
	c.seen[s.public] = true
	c.of[s.Member]++
	c.signers = append(c.signers, s.Signer)
}
