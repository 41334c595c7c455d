package rest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestEveryCodeHasATitle(t *testing.T) {
	for _, code := range waymark.Codes() {
		if titles()[code] == "" {
			t.Errorf("%s has no title", code)
		}
	}
	if titleOf("unheard_of") != titleOf(waymark.Internal) {
		t.Error("a code that is not in the set is not told as internal")
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
	for _, r := range routes() {
		for _, value := range []any{r.body, r.result} {
			if value != nil {
				describedIn(t, reflect.TypeOf(value), seen)
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
