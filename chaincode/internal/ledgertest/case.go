package ledgertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Case is one case of the suite. Each has shipments of its own, so that all can
// run on one ledger.
type Case struct {
	Name string `json:"name"`
	// Rounds are committed one after another. The transactions of one round are
	// all run on the same state, and then committed in their order.
	Rounds [][]Transaction `json:"rounds"`
}

// Transaction is one transaction of a case.
type Transaction struct {
	Operations []Operation `json:"operations"`
	// At are the members that endorse the transaction, if not as many as the policies ask
	// for. Ledgers on which nobody endorses take no notice.
	At []string `json:"at,omitempty"`
	// Status is the fate of the transaction by Fabric's name; empty means VALID.
	Status string `json:"status,omitempty"`
}

// Load reads the cases of a file. It fails for a member that it does not know.
func Load(file string) ([]Case, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the tests name it
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	var cases []Case
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&cases); err != nil {
		return nil, fmt.Errorf("decode %s: %w", file, err)
	}
	return cases, nil
}

// In returns the operations of the transaction on shipments of their own: id
// comes before every shipment's.
func (t Transaction) In(id string) []Operation {
	operations := make([]Operation, 0, len(t.Operations))
	for _, o := range t.Operations {
		o.Shipment = id + o.Shipment
		operations = append(operations, o)
	}
	return operations
}

// Want returns what the operations must give.
func (t Transaction) Want() []Result {
	results := make([]Result, 0, len(t.Operations))
	for _, o := range t.Operations {
		var want Result
		if o.Want != nil {
			want = *o.Want
		}
		results = append(results, want)
	}
	return results
}
