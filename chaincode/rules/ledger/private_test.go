package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

func TestPrivateDoesNotShow(t *testing.T) {
	tx := ledger.Tx{ID: "t", Disclosures: ledger.NewPrivate([]byte("planted"))}
	encoded, err := json.Marshal(tx)
	if err != nil {
		t.Fatal(err)
	}
	within := struct{ hidden ledger.Tx }{tx} // fmt calls no methods there
	for _, text := range []string{
		fmt.Sprint(within), fmt.Sprintf("%+v", within), fmt.Sprintf("%#v", within),
		string(encoded), fmt.Sprint(tx), fmt.Sprintf("%+v", tx), fmt.Sprintf("%#v", tx), fmt.Sprintf("%s %q %x %d", tx.Disclosures, tx.Disclosures, tx.Disclosures, tx.Disclosures),
		errors.Join(fmt.Errorf("of %v", tx.Disclosures)).Error(),
	} {
		if strings.Contains(text, "planted") || strings.Contains(text, "706c616e746564") || strings.Contains(text, "112 108") {
			t.Errorf("shown: %s", text)
		}
	}
	if tx.Disclosures.Absent() || !(ledger.Private{}).Absent() || string(tx.Disclosures.Reveal()) != "planted" {
		t.Error("it is not there")
	}
}
