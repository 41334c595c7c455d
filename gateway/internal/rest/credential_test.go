package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	contract "github.com/waymark-ledger/waymark/gateway/api"
)

// TestEveryRouteAsksForACredential: of the document's routes those that are open are served to
// anybody, and no other reaches the ledger without a caller (ASVS 5.0: 8.2.1, 8.3.1).
func TestEveryRouteAsksForACredential(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			Security *[]any `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(contract.Document(), &document); err != nil {
		t.Fatal(err)
	}
	a := newAPI(t)
	for path, methods := range document.Paths {
		for method, o := range methods {
			before := len(a.ledger.seen())
			w := a.do(strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), "", "Authorization", "")
			if o.Security != nil && len(*o.Security) == 0 {
				if w.Code != http.StatusOK {
					t.Errorf("%s %s is open: %d %s", method, path, w.Code, w.Body)
				}
				continue
			}
			if p := problem(t, w); p.Code != waymark.Unauthenticated || len(a.ledger.seen()) > before {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
}
