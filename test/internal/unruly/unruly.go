package unruly

import (
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/test/internal/fixture"
)

// Told says what an invocation is to write.
type Told func(stub shim.ChaincodeStubInterface) ([]fixture.Write, error)

// Serve serves one peer, with the settings of the chaincode proper.
func Serve(getenv func(string) string, told Told) error {
	server := &shim.ChaincodeServer{CC: chaincode{told}, CCID: getenv("CHAINCODE_ID"), Address: getenv("CHAINCODE_SERVER_ADDRESS")}
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

type chaincode struct{ told Told }

var _ shim.Chaincode = chaincode{}

// Init implements shim.Chaincode.
func (chaincode) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke implements shim.Chaincode.
func (c chaincode) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	writes, err := c.told(stub)
	if err != nil {
		return shim.Error(err.Error())
	}
	for _, w := range writes {
		if err := put(stub, w); err != nil {
			return shim.Error(err.Error())
		}
	}
	return shim.Success(nil)
}

// put does one write, of a value, of an endorsement policy or of both, and also into the
// private collection of any member.
func put(stub shim.ChaincodeStubInterface, w fixture.Write) error {
	value := w.Bytes
	if w.Text != "" {
		value = []byte(w.Text)
	}
	var err error
	switch {
	case w.Deleted:
		err = stub.DelState(w.Key)
	case w.Holder != "":
		err = stub.PutPrivateData("_implicit_org_"+w.Holder, w.Key, value)
	case value != nil:
		err = stub.PutState(w.Key, value)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", w.Key, err)
	}
	if w.Policy == nil {
		return nil
	}
	if err := stub.SetStateValidationParameter(w.Key, w.Policy); err != nil {
		return fmt.Errorf("protect %s: %w", w.Key, err)
	}
	return nil
}
