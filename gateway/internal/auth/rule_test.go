package auth

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"testing"
)

func TestDecide(t *testing.T) {
	alice := func(claims map[string]any) bearerOf { return bearerOf{issuer: "corp", claims: claims} }
	machine := bearerOf{certificate: &x509.Certificate{
		Subject: pkix.Name{CommonName: "mes"}, DNSNames: []string{"a.example", "b.example"},
		URIs: []*url.URL{{Scheme: "spiffe", Host: "example.com", Path: "/mes"}},
	}}
	nested := map[string]any{"realm_access": map[string]any{"roles": []any{"x", "boss"}}, "a/b": map[string]any{"~": "v"}}
	tests := []struct {
		name  string
		rules []Rule
		who   bearerOf
		want  string // empty for nobody
	}{
		{name: "no rule", who: alice(nil)},
		{name: "the issuer alone", rules: []Rule{{Issuer: "corp", Identity: "v"}}, who: alice(nil), want: "v"},
		{name: "another issuer", rules: []Rule{{Issuer: "other", Identity: "v"}}, who: alice(nil)},
		{name: "a rule that asks for nothing", rules: []Rule{{Identity: "v"}}, who: alice(nil)},
		{name: "equal", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"sub": "alice"}, Identity: "v"}}, who: alice(map[string]any{"sub": "alice"}), want: "v"},
		{name: "not a part", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"sub": "ali"}, Identity: "v"}}, who: alice(map[string]any{"sub": "alice"})},
		{name: "another case", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"Sub": "alice"}, Identity: "v"}}, who: alice(map[string]any{"sub": "alice"})},
		{name: "in a list", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"groups": "ops"}, Identity: "v"}}, who: alice(map[string]any{"groups": []any{"x", "ops"}}), want: "v"},
		{name: "not in the list", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"groups": "ops"}, Identity: "v"}}, who: alice(map[string]any{"groups": []any{"ops-not", 1.0, nil}})},
		{name: "no such claim", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"groups": "ops"}, Identity: "v"}}, who: alice(nil)},
		{name: "true", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"email_verified": "true"}, Identity: "v"}}, who: alice(map[string]any{"email_verified": true}), want: "v"},
		{name: "a number", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"n": "1"}, Identity: "v"}}, who: alice(map[string]any{"n": 1.0})},
		{name: "a word of the scope", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"scope": "write"}, Identity: "v"}}, who: alice(map[string]any{"scope": "read write"}), want: "v"},
		{name: "words of another claim", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"name": "write"}, Identity: "v"}}, who: alice(map[string]any{"name": "read write"})},
		{name: "a pointer", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"/realm_access/roles": "boss"}, Identity: "v"}}, who: alice(nested), want: "v"},
		{name: "a pointer with escapes", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"/a~1b/~0": "v"}, Identity: "v"}}, who: alice(nested), want: "v"},
		{name: "a pointer to nothing", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"/realm_access/roles/0": "x"}, Identity: "v"}}, who: alice(nested)},
		{name: "all claims", rules: []Rule{{Issuer: "corp", Claims: map[string]string{"sub": "alice", "groups": "ops"}, Identity: "v"}}, who: alice(map[string]any{"sub": "alice"})},
		{name: "the first that fits", rules: []Rule{
			{Issuer: "corp", Claims: map[string]string{"sub": "bob"}, Identity: "a"}, {Issuer: "corp", Identity: "b"}, {Issuer: "corp", Identity: "c"},
		}, who: alice(map[string]any{"sub": "alice"}), want: "b"},
		{name: "a certificate by a rule about tokens", rules: []Rule{{Issuer: "corp", Identity: "v"}}, who: machine},
		{name: "a token by a rule about certificates", rules: []Rule{{CommonName: "mes", Identity: "v"}}, who: alice(nil)},
		{name: "common name", rules: []Rule{{CommonName: "mes", Identity: "v"}}, who: machine, want: "v"},
		{name: "DNS name", rules: []Rule{{DNSName: "b.example", Identity: "v"}}, who: machine, want: "v"},
		{name: "no wildcard", rules: []Rule{{DNSName: "*.example", Identity: "v"}}, who: machine},
		{name: "URI", rules: []Rule{{URI: "spiffe://example.com/mes", Identity: "v"}}, who: machine, want: "v"},
		{name: "all names", rules: []Rule{{CommonName: "mes", URI: "spiffe://example.com/other", Identity: "v"}}, who: machine},
	}
	for _, tt := range tests {
		if got, ok := decide(tt.rules, tt.who); got.Identity != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got.Identity, ok, tt.want)
		}
	}
}
