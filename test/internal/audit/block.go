package audit

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// transaction is one transaction of a block.
type transaction struct {
	id       string
	position uint64 // in its block, from 0
	valid    bool
	effects  []byte                // what it read and wrote, a TxReadWriteSet
	result   *waymark.RecordResult // of telemetry:Record, nil for any other
	request  []byte                // of telemetry:Record, as it was submitted
	event    []byte                // the chaincode's event
}

func parseBlock(b *common.Block) ([]transaction, error) {
	flags := b.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
	var transactions []transaction
	for i, raw := range b.GetData().GetData() {
		t, endorsed, err := parseEnvelope(raw)
		if err != nil {
			return nil, fmt.Errorf("transaction %d: %w", i, err)
		}
		if !endorsed {
			continue
		}
		t.position = uint64(i)
		t.valid = i < len(flags) && flags[i] == byte(peer.TxValidationCode_VALID)
		transactions = append(transactions, t)
	}
	return transactions, nil
}

// parseEnvelope reads an endorsed transaction; other envelopes are configuration.
func parseEnvelope(raw []byte) (t transaction, endorsed bool, err error) {
	var envelope common.Envelope
	var payload common.Payload
	var header common.ChannelHeader
	if err := unmarshal(raw, &envelope); err != nil {
		return t, false, err
	}
	if err := unmarshal(envelope.GetPayload(), &payload); err != nil {
		return t, false, err
	}
	if err := unmarshal(payload.GetHeader().GetChannelHeader(), &header); err != nil {
		return t, false, err
	}
	if header.GetType() != int32(common.HeaderType_ENDORSER_TRANSACTION) {
		return t, false, nil
	}
	t.id = header.GetTxId()
	err = t.parseAction(payload.GetData())
	return t, true, err
}

// parseAction reads what the transaction did and, of telemetry:Record, its result.
func (t *transaction) parseAction(data []byte) error {
	var tx peer.Transaction
	if err := unmarshal(data, &tx); err != nil {
		return err
	}
	var action peer.ChaincodeActionPayload
	var response peer.ProposalResponsePayload
	var chaincode peer.ChaincodeAction
	if len(tx.GetActions()) != 1 {
		return fmt.Errorf("%d actions", len(tx.GetActions()))
	}
	if err := unmarshal(tx.GetActions()[0].GetPayload(), &action); err != nil {
		return err
	}
	if err := unmarshal(action.GetAction().GetProposalResponsePayload(), &response); err != nil {
		return err
	}
	if err := unmarshal(response.GetExtension(), &chaincode); err != nil {
		return err
	}
	t.effects = chaincode.GetResults()
	return t.parseRecord(action.GetChaincodeProposalPayload(), &chaincode)
}

// parseRecord reads the request, the result and the event of telemetry:Record.
func (t *transaction) parseRecord(proposal []byte, chaincode *peer.ChaincodeAction) error {
	arguments, err := argumentsOf(proposal)
	if err != nil || len(arguments) < 2 || string(arguments[0]) != string(waymark.TelemetryRecord) {
		return err
	}
	var event peer.ChaincodeEvent
	if err := unmarshal(chaincode.GetEvents(), &event); err != nil {
		return err
	}
	t.request, t.event = arguments[1], event.GetPayload()
	request, err := recording.Decode(arguments[1])
	if err != nil {
		return fmt.Errorf("decode request: %w", err)
	}
	result, err := recording.Outcomes(chaincode.GetResponse().GetPayload())
	if err == nil {
		err = recording.Complete(&result, request, t.id)
	}
	t.result = &result
	return err
}

// argumentsOf are those of a call of a chaincode, the function's name first.
func argumentsOf(proposal []byte) ([][]byte, error) {
	var payload peer.ChaincodeProposalPayload
	var invocation peer.ChaincodeInvocationSpec
	if err := unmarshal(proposal, &payload); err != nil {
		return nil, err
	}
	if err := unmarshal(payload.GetInput(), &invocation); err != nil {
		return nil, err
	}
	return invocation.GetChaincodeSpec().GetInput().GetArgs(), nil
}

func unmarshal(raw []byte, m proto.Message) error {
	if err := proto.Unmarshal(raw, m); err != nil {
		return fmt.Errorf("decode %T: %w", m, err)
	}
	return nil
}
