package rest

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ASVS 5.0: 15.3.7.
func TestStrictQuery(t *testing.T) {
	known := []string{"cursor", "limit"}
	for _, good := range []string{"", "limit=1", "limit=1&cursor=a%20b", "cursor=", "cursor", "cursor=%E2%82%AC", "cur%73or=x", "&"} {
		if err := strictQuery(good, known); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	bad := []string{
		"secret=1", "Limit=1", "limit=1&limit=2", "limit=1&limit=1", "lim%69t=1&limit=1", "limit[]=1", "limit=1;cursor=a", "limit=%", "limit=%zz",
		"cursor=%FF", "%FF=1", "=1", "limit=1&=", "limit%00=1", strings.Repeat("secret=1&", 1000),
	}
	for _, query := range bad {
		err := strictQuery(query, known)
		if waymark.CodeOf(err) != waymark.Invalid || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: %v", query, err)
		}
	}
	if err := strictQuery("limit=1", nil); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("a route without parameters: %v", err)
	}
}
