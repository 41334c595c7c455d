package contract

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-contract-api-go/v2/metadata"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// describe answers with the metadata of all contracts, as one router of all would: a
// JSON text in a JSON string.
func (c *Chaincode) describe(tx *call) *peer.Response {
	all := metadata.ContractChaincodeMetadata{
		Contracts:  map[string]metadata.ContractMetadata{},
		Components: metadata.ComponentMetadata{Schemas: map[string]metadata.ObjectMetadata{}},
	}
	for _, router := range c.routers { //determinism: what they say is put together by name
		part, err := describeOne(router, tx)
		if err != nil {
			return failure(err)
		}
		all.Info = part.Info
		maps.Copy(all.Contracts, part.Contracts)
		maps.Copy(all.Components.Schemas, part.Components.Schemas)
	}
	for name, contract := range all.Contracts { //determinism: each by itself
		contract.Default = false // a transaction is called by its whole name
		all.Contracts[name] = contract
	}
	text, err := json.Marshal(all)
	if err != nil {
		return failure(fmt.Errorf("encode metadata: %w", err))
	}
	payload, err := json.Marshal(string(text))
	if err != nil {
		return failure(fmt.Errorf("encode metadata: %w", err))
	}
	return shim.Success(payload)
}

// describeOne asks one router.
func describeOne(router *contractapi.ContractChaincode, tx *call) (m metadata.ContractChaincodeMetadata, err error) {
	response := router.Invoke(tx)
	if response.GetStatus() >= shim.ERRORTHRESHOLD {
		return m, waymark.Errorf(waymark.Invalid, "%s", quoted(response.GetMessage()))
	}
	var text string
	if err := json.Unmarshal(response.GetPayload(), &text); err != nil {
		return m, fmt.Errorf("decode metadata: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, fmt.Errorf("decode metadata: %w", err)
	}
	return m, nil
}
