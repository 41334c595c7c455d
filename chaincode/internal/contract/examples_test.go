package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// examplesFile has a call of every transaction with its answer, for who reads about them.
const examplesFile = "../../../docs/api/examples.json"

// example is a valid request of a transaction, and what the ledger answers.
type example struct {
	Request json.RawMessage `json:"request,omitempty"`
	Private json.RawMessage `json:"private,omitempty"` // the terms, as transient data
	Result  json.RawMessage `json:"result"`
}

// TestExamples: the examples are calls of the world, each by somebody who may. Keys and times differ
// from run to run, so an example is kept as long as it has the members of a new one.
func TestExamples(t *testing.T) {
	published, err := os.ReadFile(examplesFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var kept map[waymark.Transaction]example
	if err := json.Unmarshal(published, &kept); err != nil && !*update {
		t.Fatal(err)
	}
	w := newWorld(t)
	calls := w.calls()
	all := make(map[waymark.Transaction]example, len(calls))
	for name, c := range calls {
		all[name] = w.example(name, c)
		if shapeOf(t, kept[name]) == shapeOf(t, all[name]) {
			all[name] = kept[name]
		}
	}
	got, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(examplesFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, published) {
		t.Errorf("%s has not the members that calls have now: run go generate", examplesFile)
	}
}

// example calls a transaction.
func (w *world) example(name waymark.Transaction, c call) example {
	w.t.Helper()
	response, _ := w.invoke(w.id(c.member, c.role), arguments(w.t, name, c.give)...)
	if response.GetStatus() != 200 {
		w.t.Fatalf("%s: %s", name, response.GetMessage())
	}
	e := example{Result: response.GetPayload(), Private: w.terms[name]}
	if c.give != nil {
		request, err := json.Marshal(c.give)
		if err != nil {
			w.t.Fatal(err)
		}
		e.Request = request
	}
	return e
}

// shapeOf lists the members of an example with the kinds of their values, in no array twice.
func shapeOf(t *testing.T, e example) string {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		return "" // of one that is not kept
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	members := membersOf("", value)
	slices.Sort(members)
	return fmt.Sprint(slices.Compact(members))
}

func membersOf(at string, value any) []string {
	var all []string
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			all = append(all, membersOf(at+"/"+name, member)...)
		}
	case []any:
		for _, element := range v {
			all = append(all, membersOf(at+"/-", element)...)
		}
	}
	return append(all, fmt.Sprintf("%s %T", at, value))
}
