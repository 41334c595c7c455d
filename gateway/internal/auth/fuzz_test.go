package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// FuzzAuthorization: whatever the header holds, nobody is let in but by a token that is in
// the file or signed, and the answer is one of the three that a caller can act upon.
func FuzzAuthorization(f *testing.F) {
	a, err := New(Settings{Issuers: map[string]Issuer{"corp": {URL: "https://id.invalid", Audience: "gateway", Algorithms: Algorithms()}}, Rules: rules()})
	if err != nil {
		f.Fatal(err)
	}
	claims := encoded(`{"iss":"https://id.example.com","sub":"alice","aud":"gateway","nbf":1e300,"groups":["ops"]}`)
	for _, seed := range []string{
		"", "Bearer", "Bearer ", "Bearer wmk_x", "Bearer a.b.c", "Bearer ..", "bearer " + strings.Repeat("a", 9000),
		"Bearer " + encoded(`{"alg":"RS256","kid":"k"}`) + "." + claims + "." + encoded("x"),
		"Bearer " + encoded(`{"alg":"none"}`) + "." + claims + ".",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header["Authorization"] = []string{header}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := a.Authenticate(r.WithContext(ctx)) // an issuer is not waited for
		if got != (Caller{}) || waymark.CodeOf(err) != waymark.Unauthenticated && waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
