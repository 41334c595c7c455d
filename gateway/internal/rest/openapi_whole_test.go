package rest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	contract "github.com/waymark-ledger/waymark/gateway/api"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
)

// maxDocument bounds the OpenAPI document, in bytes without white space: it is fetched whole.
const maxDocument = 700_000

// TestTheDocumentIsWhole: every operation, parameter and schema is described in words, and every
// body and answer has an example, which is true by its schema (loadDocument checks that).
func TestTheDocumentIsWhole(t *testing.T) {
	document := loadDocument(t)
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			at := method + " " + path
			told(t, at, o.Summary, o.Description)
			for _, p := range o.Parameters {
				told(t, at+" "+p.Value.Name, p.Value.Description)
			}
			if o.RequestBody != nil {
				shown(t, at+" body", o.RequestBody.Value.Content)
			}
			for status, response := range o.Responses.Map() {
				told(t, at+" "+status, *response.Value.Description)
				if status != "202" || o.RequestBody == nil {
					shown(t, at+" "+status, response.Value.Content)
				}
			}
		}
	}
	for name, schema := range document.Components.Schemas {
		told(t, name, schema.Value.Description)
		for member, property := range schema.Value.Properties {
			told(t, name+"."+member, property.Value.Description)
		}
	}
}

func told(t *testing.T, what string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s: is not described", what)
		}
	}
}

func shown(t *testing.T, what string, content openapi3.Content) {
	t.Helper()
	for _, media := range content {
		if media.Example == nil {
			t.Errorf("%s: has no example", what)
		}
	}
}

// TestExamplesAreRequests: the body of every example is one that its operation takes. It comes to
// the ledger, or is refused for what the ledger is asked first.
func TestExamplesAreRequests(t *testing.T) {
	a := newAPI(t, func(l *limits) { l.BodyBytes = 1 << 20; l.BytesInFlight = 8 << 20 })
	document := loadDocument(t)
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		for method, o := range document.Paths.Value(path).Operations() {
			if o.RequestBody == nil || takesBytes(o) {
				continue
			}
			body, err := json.Marshal(o.RequestBody.Value.Content.Get("application/json").Example)
			if err != nil {
				t.Fatal(err)
			}
			w := a.do(method, inPath(o, path), string(body))
			if w.Code == http.StatusBadRequest || w.Code == http.StatusInternalServerError {
				t.Errorf("%s: %d %s\n%s", o.OperationID, w.Code, w.Body, body)
			}
		}
	}
}

// takesBytes is whether an operation takes what somebody signed, of which the fake ledger knows nothing.
func takesBytes(o *openapi3.Operation) bool {
	return o.OperationID == "endorseProposal" || o.OperationID == "submitTransaction"
}

// TestExamplesOfSigning are of one transaction: what is signed next is what was answered before, by its digest.
func TestExamplesOfSigning(t *testing.T) {
	words, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	type step struct {
		TxID                  string `json:"tx_id"`
		Proposal, Transaction []byte
		Digest                string
	}
	read := func(data json.RawMessage) (s step) {
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	proposed, endorsing := read(words.Own["proposeTransaction"].Answer), read(words.Own["endorseProposal"].Request)
	endorsed, submitting := read(words.Own["endorseProposal"].Answer), read(words.Own["submitTransaction"].Request)
	if !bytes.Equal(proposed.Proposal, endorsing.Proposal) || fmt.Sprintf("%x", sha256.Sum256(proposed.Proposal)) != proposed.Digest ||
		!bytes.Equal(endorsed.Transaction, submitting.Transaction) || fmt.Sprintf("%x", sha256.Sum256(endorsed.Transaction)) != endorsed.Digest ||
		proposed.TxID != endorsed.TxID {
		t.Error("the examples of signing do not fit together")
	}
}

// inPath fills in the parameters of a path.
func inPath(o *openapi3.Operation, path string) string {
	for _, p := range o.Parameters {
		value := "1f"
		switch {
		case p.Value.Name == "tx_id":
			value = someTx
		case p.Value.Name == "authority":
			value = strings.Repeat("0f", 32)
		case p.Value.Name == "kind":
			value = "quarantine"
		case p.Value.Name == "currency":
			value = "EUR"
		case p.Value.Name == "id" && strings.HasPrefix(path, "/v1/products"):
			value = "09506000134352"
		case p.Value.Schema.Value.Type.Is("integer"):
			value = "1"
		}
		path = strings.Replace(path, "{"+p.Value.Name+"}", value, 1)
	}
	return path
}

func TestTheDocumentStaysSmall(t *testing.T) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, contract.Document()); err != nil {
		t.Fatal(err)
	}
	if compact.Len() > maxDocument {
		t.Errorf("the document has %d bytes", compact.Len())
	}
}
