// Command replay comes to a recorded decision again, offline: it takes the receipt
// (GET /v1/policies/decisions/{tx_id}) and exports of policies with the texts that
// were in force (GET /v1/policies/owners/{owner}, or the history of a policy), checks
// every hash, and asks the chaincode's own decision function. As "replay verdict" it comes to the
// verdict of an acceptance again, from the messages in the blocks. It exits 0 only if the
// answer is the same.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// The exit codes.
const (
	same  = 0
	other = 1 // the receipt does not hold
	usage = 2 // it could not be looked at
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(arguments []string, out, errs io.Writer) int {
	if len(arguments) == 0 {
		fmt.Fprintln(errs, "usage: replay RECEIPT [POLICIES...]\n       replay verdict SHIPMENT MESSAGES [HANDOFF]")
		return usage
	}
	if arguments[0] == "verdict" {
		return verdict(arguments[1:], out, errs)
	}
	receipt, texts, err := read(arguments[0], arguments[1:])
	if err != nil {
		fmt.Fprintln(errs, "replay:", err)
		return usage
	}
	if err := access.Replay(receipt, texts); err != nil {
		fmt.Fprintln(errs, "replay: the receipt does not hold:", err)
		return other
	}
	fmt.Fprintf(out, "%s %s %s %s: allowed %t, because %v, as recorded by %s\n", receipt.Principal.ID, receipt.Action,
		receipt.Resource.Type, receipt.Resource.ID, receipt.Decision.Allowed, receipt.Decision.Reasons, receipt.TxID)
	return same
}

// export is a list of policies or the history of one.
type export struct {
	Policies []waymark.Policy `json:"policies"`
	Versions []waymark.Policy `json:"versions"`
}

func read(receiptFile string, exports []string) (receipt waymark.DecisionReceipt, texts []string, err error) {
	if err := decode(receiptFile, &receipt); err != nil {
		return receipt, nil, err
	}
	for _, name := range exports {
		var e export
		if err := decode(name, &e); err != nil {
			return receipt, nil, err
		}
		for _, p := range append(e.Policies, e.Versions...) {
			texts = append(texts, p.Text)
		}
	}
	return receipt, texts, nil
}

func decode(name string, target any) error {
	content, err := os.ReadFile(name) //nolint:gosec // the files are the arguments
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, target); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
