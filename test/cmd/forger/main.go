// Command forger is the chaincode of a member that lies: whatever it is asked, it answers
// with the writes, and the event, in the file that the variable FORGED_WRITES names. The
// end-to-end tests let it serve a peer in place of the chaincode proper.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/waymark-ledger/waymark/test/internal/altered"
	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/unruly"
)

func main() {
	if err := unruly.Serve(os.Getenv, forged); err != nil {
		fmt.Fprintln(os.Stderr, "forger:", err)
		os.Exit(1)
	}
}

func forged(stub shim.ChaincodeStubInterface) ([]fixture.Write, error) {
	content, err := os.ReadFile(os.Getenv(altered.Variable)) //nolint:gosec // the test names it
	if err != nil {
		return nil, fmt.Errorf("read what to forge: %w", err)
	}
	var lie altered.Lie
	if err := json.Unmarshal(content, &lie); err != nil {
		return nil, fmt.Errorf("decode what to forge: %w", err)
	}
	if lie.Event == "" {
		return lie.Writes, nil
	}
	if err := stub.SetEvent(lie.Event, []byte(lie.Payload)); err != nil {
		return nil, fmt.Errorf("tell: %w", err)
	}
	return lie.Writes, nil
}
