package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

const clientFolder = "../../client"

func TestTheClientIsCurrent(t *testing.T) {
	operations, err := rest.Operations()
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(operations)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(clientFolder, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the table of routes says: run go generate ./... in gateway/client (%v)", name, err)
		}
	}
	there, err := filepath.Glob(filepath.Join(clientFolder, pattern))
	if err != nil || len(there) != len(files) {
		t.Errorf("%d files of methods, want %d: remove what no tag has any more (%v)", len(there), len(files), err)
	}
}

// What cannot be said in the client's words is an error, and not a method that drops it.
func TestWhatCannotBeGenerated(t *testing.T) {
	type stranger struct{}
	offer, record := reflect.TypeFor[waymark.OfferHandoffRequest](), reflect.TypeFor[waymark.Handoff]()
	named := []rest.Parameter{{Name: "id", Field: "Shipment", Type: "string"}}
	for name, tt := range map[string]struct {
		operation rest.Operation
		want      string
	}{
		"a result of no known package": {rest.Operation{Result: reflect.TypeFor[stranger]()}, "does not know the type"},
		"a field that nothing takes":   {rest.Operation{Request: offer, Parameters: named, Result: record}, "nothing takes the field To"},
		"a body with less": {rest.Operation{Request: offer, Parameters: named, Result: record, Body: reflect.TypeFor[struct {
			To string `json:"to"`
		}]()}, "has 2 for it"},
		"a body with another member": {rest.Operation{Request: offer, Parameters: named, Result: record, Body: reflect.TypeFor[struct {
			To   string `json:"to"`
			When string `json:"expires_at"`
		}]()}, "is the member expires_at"},
		"pages of nothing": {rest.Operation{Result: record, Page: rest.Page{Entries: "Nothing"}}, "no field Nothing"},
	} {
		tt.operation.ID, tt.operation.Tag = "getThing", "things"
		if _, err := generate([]rest.Operation{tt.operation}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
