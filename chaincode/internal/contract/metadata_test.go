package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

//go:generate go test -run ^(TestMetadata|TestExamples)$ -count 1 . -update

var update = flag.Bool("update", false, "write the contract metadata anew")

// metadataFile is the published description of every transaction.
const metadataFile = "../../../docs/api/contract-metadata.json"

// TestMetadata compares what the chaincode says of its own transactions with the
// published file, and with the vocabulary.
func TestMetadata(t *testing.T) {
	b := newBench(t)
	text := b.metadata()
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(metadataFile, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(metadataFile)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not what the chaincode says (%v): run go generate", metadataFile, err)
	}
	checkNames(t, text)
}

// metadata is what the chaincode says of its own transactions.
func (b *bench) metadata() string {
	b.t.Helper()
	response, _ := b.invoke(b.id("producer", waymark.Viewer), "org.hyperledger.fabric:GetMetadata")
	var text string
	if err := json.Unmarshal(response.GetPayload(), &text); err != nil {
		b.t.Fatalf("metadata %.100q: %v", response.GetPayload(), err)
	}
	return text
}

// metadataNames are the names of all transactions in the metadata, sorted.
func metadataNames(t *testing.T, text string) []string {
	t.Helper()
	var metadata struct {
		Contracts map[string]struct {
			Transactions []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(text), &metadata); err != nil {
		t.Fatal(err)
	}
	var names []string
	for contract, c := range metadata.Contracts {
		for _, tx := range c.Transactions {
			names = append(names, contract+":"+tx.Name)
		}
	}
	slices.Sort(names)
	return names
}

func checkNames(t *testing.T, text string) {
	t.Helper()
	got := metadataNames(t, text)
	want := []string{string(waymark.PoliciesBaseline), string(waymark.PoliciesTemplates), string(waymark.PoliciesList), string(waymark.ShipmentsProfiles), "org.hyperledger.fabric:GetMetadata"}
	for name := range transactions {
		want = append(want, string(name))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the chaincode has\n%v\nthe vocabulary\n%v", got, want)
	}
}
