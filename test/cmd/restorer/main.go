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

	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/unruly"
)

func main() {
	if err := unruly.Serve(os.Getenv, restored); err != nil {
		fmt.Fprintln(os.Stderr, "restorer:", err)
		os.Exit(1)
	}
}

// restored is what the argument of its one transaction lists. All else writes nothing.
func restored(stub shim.ChaincodeStubInterface) ([]fixture.Write, error) {
	function, args := stub.GetFunctionAndParameters()
	if function != fixture.Restore || len(args) != 1 {
		return nil, nil
	}
	var records []fixture.Write
	if err := json.Unmarshal([]byte(args[0]), &records); err != nil {
		return nil, fmt.Errorf("decode records: %w", err)
	}
	return records, nil
}
