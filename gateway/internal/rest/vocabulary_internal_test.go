package rest

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestEveryCodeHasATitle(t *testing.T) {
	for _, code := range waymark.Codes() {
		if titles()[code] == "" {
			t.Errorf("%s has no title", code)
		}
	}
	if TitleOf("unheard_of") != TitleOf(waymark.Internal) {
		t.Error("a code that is not in the set is not told as internal")
	}
}
