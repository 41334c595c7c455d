package config_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

const callers = `
issuers:
  corp: {url: "https://id.example.com/", audience: gateway, ca_file: id.pem}
callers:
  - {issuer: corp, claims: {/realm_access/roles: ops, https://example.com/x.y: z}, identity: operator}
  - {common_name: mes, identity: operator}
`

func TestLoadCallers(t *testing.T) {
	give := strings.Replace(good, "/keys/server.key", "/keys/server.key, client_ca_file: clients.pem", 1) + callers
	got, dir, err := load(t, give, "WAYMARK_GATEWAY_ISSUERS__CORP__AUDIENCE=other")
	if err != nil {
		t.Fatal(err)
	}
	issuers := map[string]config.Issuer{"corp": {URL: "https://id.example.com/", Audience: "other", Algorithms: auth.Algorithms(),
		Skew: 30 * time.Second, CAFile: filepath.Join(dir, "id.pem")}}
	rules := []config.Caller{
		{Issuer: "corp", Claims: map[string]string{"/realm_access/roles": "ops", "https://example.com/x.y": "z"}, Identity: "operator"},
		{CommonName: "mes", Identity: "operator"},
	}
	if !reflect.DeepEqual(got.Issuers, issuers) || !reflect.DeepEqual(got.Callers, rules) || got.TLS.ClientCAFile != filepath.Join(dir, "clients.pem") {
		t.Errorf("got %+v\n%+v\n%+v", got.Issuers, got.Callers, got.TLS)
	}
}

func TestLoadRefusesCallers(t *testing.T) {
	base := strings.Replace(good, "/keys/server.key", "/keys/server.key, client_ca_file: clients.pem", 1) + callers
	tests := []struct {
		name, old, with string // what is put in place of what
		want            string // part of the message
	}{
		{name: "http", old: "https://id.example.com/", with: "http://id.example.com/", want: "issuers.corp.url"},
		{name: "fragment", old: "https://id.example.com/", with: "https://id.example.com/#x", want: "issuers.corp.url"},
		{name: "no audience", old: "audience: gateway, ", with: "", want: "issuers.corp.audience"},
		{name: "none", old: "audience: gateway", with: "audience: gateway, algorithms: [RS256, none]", want: "issuers.corp.algorithms"},
		{name: "symmetric", old: "audience: gateway", with: "audience: gateway, algorithms: [HS256]", want: "issuers.corp.algorithms"},
		{name: "skew", old: "audience: gateway", with: "audience: gateway, skew: 1h", want: "issuers.corp.skew"},
		{name: "keys", old: "audience: gateway", with: "audience: gateway, keys_url: file:///etc/passwd", want: "issuers.corp.keys_url"},
		{name: "unknown key", old: "audience: gateway", with: "audience: gateway, secret: x", want: "secret"},
		{name: "name", old: "corp:", with: "Corp:", want: "issuers"},
		{name: "one issuer twice", old: "callers:", with: "  twin: {url: \"https://id.example.com/\", audience: x}\ncallers:", want: "issuers.twin.url"},
		{name: "no such issuer", old: "{issuer: corp", with: "{issuer: other", want: "callers[0]"},
		{name: "asks for nothing", old: "{common_name: mes, ", with: "{", want: "callers[1]"},
		{name: "two credentials", old: "{common_name: mes", with: "{issuer: corp, common_name: mes", want: "callers[1]"},
		{name: "claims of a certificate", old: "{common_name: mes", with: "{claims: {a: b}, common_name: mes", want: "callers[1]"},
		{name: "empty claim", old: "ops,", with: "\"\",", want: "callers[0].claims"},
		{name: "no such identity", old: "mes, identity: operator", with: "mes, identity: root", want: "callers[1].identity"},
		{name: "unknown key of a rule", old: "{common_name: mes", with: "{commonname: x, common_name: mes", want: "commonname"},
		{name: "no client authority", old: ", client_ca_file: clients.pem", with: "", want: "callers[1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			give := strings.Replace(base, tt.old, tt.with, 1)
			if give == base {
				t.Fatal("nothing was replaced")
			}
			if _, _, err := load(t, give); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that names %q", err, tt.want)
			}
		})
	}
}
