package fabric

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// errUnaddressed keeps transient data from going to whichever members' peers are at hand.
var errUnaddressed = errors.New("transient data must name the members whose peers may see it")

// argumentOf renders a request: the same one gives the same bytes. What devices signed is as they sent it, in CBOR, all else JSON.
func argumentOf(request waymark.Validator) ([]byte, error) {
	if messages, is := request.(waymark.RecordRequest); is {
		return recording.Encode(messages)
	}
	argument, err := json.Marshal(request, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return argument, nil
}

// completed is the result of a call as callers are told it: that of telemetry:Record is brief on the ledger.
func completed(call ledger.Call, tx transaction) ([]byte, error) {
	request, is := call.Request.(waymark.RecordRequest)
	if !is {
		return tx.result, nil
	}
	result, err := recording.Outcomes(tx.result)
	if err != nil {
		return nil, err
	}
	if err := recording.Complete(&result, request, tx.id); err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// proposed renders a call: its request is the one argument of the contract function.
// Absent lists become empty ones, which the contract's schema requires.
func proposed(call ledger.Call) ([]client.ProposalOption, error) {
	if len(call.Transient) > 0 && len(call.At) == 0 {
		return nil, errUnaddressed
	}
	var options []client.ProposalOption
	if call.Request != nil {
		argument, err := argumentOf(call.Request)
		if err != nil {
			return nil, err
		}
		options = append(options, client.WithBytesArguments(argument))
	}
	if len(call.At) > 0 {
		options = append(options, client.WithEndorsingOrganizations(call.At...))
	}
	if len(call.Transient) > 0 {
		options = append(options, client.WithTransient(call.Transient))
	}
	return options, nil
}
