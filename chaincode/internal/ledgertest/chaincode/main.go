// Command chaincode is the conformance suite's own chaincode: it runs the
// operations that a caller sends, through the adapter that the real chaincode
// uses. It belongs on a network made for the suite and nowhere else.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/internal/fabricledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest"
	"github.com/waymark-ledger/waymark/chaincode/internal/service"
)

func main() {
	if err := run(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "conformance chaincode:", err)
		os.Exit(1)
	}
}

// run serves until the process is ended. Its settings are those of the real
// chaincode.
func run(getenv func(string) string) error {
	server, err := service.New(suite{}, getenv)
	if err != nil {
		return err
	}
	return server.Start()
}

// suite runs operations.
type suite struct{}

// Init has nothing to set up.
func (suite) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke has one function, "run", which takes a JSON list of operations, runs them
// in the transaction and returns what each gave. It answers the question for
// metadata, by which a network finds out that a chaincode is there, with nothing.
func (suite) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, parameters := stub.GetFunctionAndParameters()
	if function == "org.hyperledger.fabric:GetMetadata" {
		return shim.Success(nil)
	}
	if function != "run" || len(parameters) != 1 {
		return shim.Error(`call "run" with a list of operations`)
	}
	results, err := runAll(stub, parameters[0])
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(results)
}

func runAll(stub shim.ChaincodeStubInterface, text string) ([]byte, error) {
	var operations []ledgertest.Operation
	if err := json.Unmarshal([]byte(text), &operations); err != nil {
		return nil, fmt.Errorf("decode operations: %w", err)
	}
	identity, err := cid.New(stub)
	if err != nil {
		return nil, errors.New("the caller's certificate cannot be read")
	}
	l, err := fabricledger.New(stub, identity)
	if err != nil {
		return nil, err
	}
	results, err := ledgertest.Run(l, operations)
	if err != nil {
		return nil, err
	}
	return json.Marshal(results)
}
