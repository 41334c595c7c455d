package openapi

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/api"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

func TestTheDocumentIsCurrent(t *testing.T) {
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(api.Document(), want) {
		t.Error("gateway/api/openapi.json is not what the code says: run go generate ./... in gateway")
	}
}

func operations(t *testing.T) []rest.Operation {
	t.Helper()
	all, err := rest.Operations()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDocumentIsValidAndKnowsWhatIsOptional(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	request := document.Components.Schemas["CreateShipmentRequest"].Value
	if want := []string{"consignee", "goods", "id"}; !slices.Equal(request.Required, want) {
		t.Errorf("required %q, want %q", request.Required, want)
	}
	if document.Paths.Value("/v1/shipments/{id}/handoffs/{number}/accept").Post.RequestBody.Value.Required {
		t.Error("an acceptance without reservation needs no body")
	}
}

// TestClosedSetsAreDescribed wants an enumeration for each of the vocabulary's
// texts that an operation carries, save those that are open.
func TestClosedSetsAreDescribed(t *testing.T) {
	seen := map[reflect.Type]bool{
		reflect.TypeFor[waymark.Decimal]():   true, // a number as text
		reflect.TypeFor[waymark.DataClass](): true, // an id that an owner chooses
		reflect.TypeFor[waymark.Place]():     true, // a kind, and what belongs to it
	}
	for _, o := range operations(t) {
		for _, typ := range []reflect.Type{o.Body, o.Result} {
			if typ != nil {
				describedIn(t, typ, seen)
			}
		}
	}
	if !seen[reflect.TypeFor[waymark.HandoffState]()] {
		t.Error("the walk does not reach the states of a handoff")
	}
}

func describedIn(t *testing.T, typ reflect.Type, seen map[reflect.Type]bool) {
	t.Helper()
	if seen[typ] {
		return
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Slice, reflect.Pointer:
		describedIn(t, typ.Elem(), seen)
	case reflect.Struct:
		for field := range typ.Fields() {
			describedIn(t, field.Type, seen)
		}
	case reflect.String:
		if strings.HasSuffix(typ.PkgPath(), "/waymark") && len(enumOf(typ)) == 0 {
			t.Errorf("%s: no enumeration", typ)
		}
	}
}
