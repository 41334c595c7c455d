// Command restorer is a chaincode that puts back the state of a ledger which an
// earlier version made, as it was, key-level endorsement policies included. The upgrade
// test lets it serve the first definition on an empty ledger. It has no rules: it is of
// no use but there.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/test/internal/fixture"
)

func main() {
	if err := run(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "restorer:", err)
		os.Exit(1)
	}
}

// run serves one peer, with the settings of the chaincode proper.
func run(getenv func(string) string) error {
	server := &shim.ChaincodeServer{CC: restorer{}, CCID: getenv("CHAINCODE_ID"), Address: getenv("CHAINCODE_SERVER_ADDRESS")}
	for variable, content := range map[string]*[]byte{
		"CHAINCODE_TLS_CERT_FILE":      &server.TLSProps.Cert,
		"CHAINCODE_TLS_KEY_FILE":       &server.TLSProps.Key,
		"CHAINCODE_TLS_CLIENT_CA_FILE": &server.TLSProps.ClientCACerts,
	} {
		data, err := os.ReadFile(getenv(variable))
		if err != nil {
			return fmt.Errorf("read %s: %w", variable, err)
		}
		*content = data
	}
	return server.Start()
}

type restorer struct{}

var _ shim.Chaincode = restorer{}

// Init implements shim.Chaincode.
func (restorer) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke implements shim.Chaincode. It answers whatever is not its own with nothing.
func (restorer) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	if function != fixture.Restore || len(args) != 1 {
		return shim.Success(nil)
	}
	var records []fixture.Write
	if err := json.Unmarshal([]byte(args[0]), &records); err != nil {
		return shim.Error(err.Error())
	}
	for _, r := range records {
		if err := put(stub, r); err != nil {
			return shim.Error(err.Error())
		}
	}
	return shim.Success(nil)
}

// put writes one record, also into the private collection of any member: all peers
// endorse, and each keeps what its own member may have.
func put(stub shim.ChaincodeStubInterface, r fixture.Write) error {
	value := r.Bytes
	if r.Text != "" {
		value = []byte(r.Text)
	}
	var err error
	switch {
	case r.Deleted:
		err = stub.DelState(r.Key)
	case r.Holder != "":
		err = stub.PutPrivateData("_implicit_org_"+r.Holder, r.Key, value)
	default:
		err = stub.PutState(r.Key, value)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", r.Key, err)
	}
	if r.Policy == nil {
		return nil
	}
	if err := stub.SetStateValidationParameter(r.Key, r.Policy); err != nil {
		return fmt.Errorf("protect %s: %w", r.Key, err)
	}
	return nil
}
