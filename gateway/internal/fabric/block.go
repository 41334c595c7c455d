package fabric

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/protobuf/proto"
)

// transactionIn finds the transaction in a committed block and describes it.
func transactionIn(block *common.Block, txID string, withEnvelope bool) (ledger.Transaction, error) {
	for position, raw := range block.GetData().GetData() {
		e, err := parseEnvelope(raw)
		if err != nil {
			return ledger.Transaction{}, fmt.Errorf("block %d, position %d: %w", block.GetHeader().GetNumber(), position, err)
		}
		if e.header.GetTxId() != txID {
			continue
		}
		found, err := e.describe()
		if err != nil {
			return ledger.Transaction{}, fmt.Errorf("transaction %s: %w", txID, err)
		}
		found.BlockNumber = block.GetHeader().GetNumber()
		found.Position = position
		found.Status = validation(block, position)
		if withEnvelope {
			found.Envelope = raw
		}
		return found, nil
	}
	return ledger.Transaction{}, fmt.Errorf("block %d does not hold transaction %s", block.GetHeader().GetNumber(), txID)
}

// validation names the code that the peer wrote beside the block.
func validation(block *common.Block, position int) string {
	code := peer.TxValidationCode_NOT_VALIDATED
	sections := block.GetMetadata().GetMetadata()
	if at := int(common.BlockMetadataIndex_TRANSACTIONS_FILTER); at < len(sections) && position < len(sections[at]) {
		code = peer.TxValidationCode(sections[at][position])
	}
	return code.String()
}

// envelope is an ordered envelope with its headers parsed.
type envelope struct {
	payload *common.Payload
	header  *common.ChannelHeader
}

func parseEnvelope(raw []byte) (envelope, error) {
	var outer common.Envelope
	if err := proto.Unmarshal(raw, &outer); err != nil {
		return envelope{}, fmt.Errorf("decode envelope: %w", err)
	}
	e := envelope{payload: new(common.Payload), header: new(common.ChannelHeader)}
	if err := proto.Unmarshal(outer.GetPayload(), e.payload); err != nil {
		return envelope{}, fmt.Errorf("decode payload: %w", err)
	}
	if err := proto.Unmarshal(e.payload.GetHeader().GetChannelHeader(), e.header); err != nil {
		return envelope{}, fmt.Errorf("decode channel header: %w", err)
	}
	return e, nil
}

// describe says who did what, as the envelope's signed parts have it.
func (e envelope) describe() (ledger.Transaction, error) {
	creator, err := e.creator()
	if err != nil {
		return ledger.Transaction{}, err
	}
	t := ledger.Transaction{
		TxID:      e.header.GetTxId(),
		Channel:   e.header.GetChannelId(),
		Creator:   creator,
		Endorsers: []string{},
		Time:      e.header.GetTimestamp().AsTime(),
	}
	if common.HeaderType(e.header.GetType()) != common.HeaderType_ENDORSER_TRANSACTION {
		return t, nil
	}
	action, err := e.action()
	if err != nil {
		return ledger.Transaction{}, err
	}
	if t.Transaction, err = function(action); err != nil {
		return ledger.Transaction{}, err
	}
	t.Endorsers, err = endorsers(action)
	return t, err
}

func (e envelope) creator() (ledger.Creator, error) {
	var signature common.SignatureHeader
	if err := proto.Unmarshal(e.payload.GetHeader().GetSignatureHeader(), &signature); err != nil {
		return ledger.Creator{}, fmt.Errorf("decode signature header: %w", err)
	}
	var id msp.SerializedIdentity
	if err := proto.Unmarshal(signature.GetCreator(), &id); err != nil {
		return ledger.Creator{}, fmt.Errorf("decode creator: %w", err)
	}
	creator := ledger.Creator{MSPID: id.GetMspid()}
	if block, _ := pem.Decode(id.GetIdBytes()); block != nil {
		sum := sha256.Sum256(block.Bytes)
		creator.CertificateSHA256 = hex.EncodeToString(sum[:])
	}
	return creator, nil
}

// action returns the one action of the transaction; Fabric allows no second.
func (e envelope) action() (*peer.ChaincodeActionPayload, error) {
	var tx peer.Transaction
	if err := proto.Unmarshal(e.payload.GetData(), &tx); err != nil {
		return nil, fmt.Errorf("decode transaction: %w", err)
	}
	action := new(peer.ChaincodeActionPayload)
	if len(tx.GetActions()) == 0 {
		return action, nil
	}
	if err := proto.Unmarshal(tx.GetActions()[0].GetPayload(), action); err != nil {
		return nil, fmt.Errorf("decode action: %w", err)
	}
	return action, nil
}

// function returns the name of the contract function that was called.
func function(action *peer.ChaincodeActionPayload) (string, error) {
	var payload peer.ChaincodeProposalPayload
	if err := proto.Unmarshal(action.GetChaincodeProposalPayload(), &payload); err != nil {
		return "", fmt.Errorf("decode proposal payload: %w", err)
	}
	var invocation peer.ChaincodeInvocationSpec
	if err := proto.Unmarshal(payload.GetInput(), &invocation); err != nil {
		return "", fmt.Errorf("decode invocation: %w", err)
	}
	args := invocation.GetChaincodeSpec().GetInput().GetArgs()
	if len(args) == 0 {
		return "", nil
	}
	return string(args[0]), nil
}

// endorsers returns the MSP ids of those who endorsed, sorted.
func endorsers(action *peer.ChaincodeActionPayload) ([]string, error) {
	ids := []string{}
	for _, endorsement := range action.GetAction().GetEndorsements() {
		var id msp.SerializedIdentity
		if err := proto.Unmarshal(endorsement.GetEndorser(), &id); err != nil {
			return nil, fmt.Errorf("decode endorser: %w", err)
		}
		ids = append(ids, id.GetMspid())
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
