//go:build e2e

package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// vector is one case; package ledgertest of the chaincode says what its parts mean.
type vector struct {
	Name   string          `json:"name"`
	Rounds [][]transaction `json:"rounds"`
}

// transaction is a list of operations with the fate of the whole.
type transaction struct {
	Operations []map[string]any `json:"operations"`
	At         []string         `json:"at"` // the members that endorse, if the case says who
	Status     string           `json:"status"`
}

func loadVectors(root string) ([]vector, error) {
	content, err := os.ReadFile(filepath.Join(root, "test", "vectors", "ledger.json"))
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	var vectors []vector
	if err := json.Unmarshal(content, &vectors); err != nil {
		return nil, fmt.Errorf("decode vectors: %w", err)
	}
	return vectors, nil
}

// split returns the operations, on shipments that begin with id, as the chaincode
// takes them, and what they must give.
func (t transaction) split(id string) (operations, want []map[string]any) {
	for _, o := range t.Operations {
		expected, _ := o["want"].(map[string]any)
		if expected == nil {
			expected = map[string]any{}
		}
		want = append(want, expected)
		operation := maps.Clone(o)
		delete(operation, "want")
		operation["shipment"] = fmt.Sprint(id, o["shipment"])
		operations = append(operations, operation)
	}
	return operations, want
}

// status is the fate that the transaction must have.
func (t transaction) status() string {
	if t.Status == "" {
		return "VALID"
	}
	return t.Status
}
