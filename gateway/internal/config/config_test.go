package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

const good = `
member: producer
listen: 127.0.0.1:7100
tls: {cert_file: server.pem, key_file: /keys/server.key}
peers: [{address: "127.0.0.1:7101", ca_file: ca.pem, server_name: peer0}, {address: "127.0.0.1:7102", ca_file: /ca/2.pem}]
identities:
  operator: {cert_file: operator.pem, key_file: operator.key}
own_identity: operator
tokens_file: tokens.json
timeouts: {commit: 7s}
`

func load(t *testing.T, content string, environment ...string) (config.Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, environment)
	return c, dir, err
}

func TestLoad(t *testing.T) {
	got, dir, err := load(t, good, "HOME=/", "WAYMARK_GATEWAY_LIMITS__IN_FLIGHT=7",
		"WAYMARK_GATEWAY_TIMEOUTS__READ_HEADER=2s", "WAYMARK_GATEWAY_TOKENS_FILE=/run/tokens.json",
		"WAYMARK_GATEWAY_IDENTITIES__OPERATOR__KEY_FILE=/run/operator.key")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Member = "producer"
	want.Listen = "127.0.0.1:7100"
	want.TLS = config.TLS{CertFile: filepath.Join(dir, "server.pem"), KeyFile: "/keys/server.key"}
	want.Peers = []config.Peer{
		{Address: "127.0.0.1:7101", CAFile: filepath.Join(dir, "ca.pem"), ServerName: "peer0"},
		{Address: "127.0.0.1:7102", CAFile: "/ca/2.pem"},
	}
	want.Identities = map[string]config.Identity{
		"operator": {CertFile: filepath.Join(dir, "operator.pem"), KeyFile: "/run/operator.key"},
	}
	want.OwnIdentity = "operator"
	want.TokensFile = "/run/tokens.json"
	want.Database.SQLiteFile = filepath.Join(dir, "gateway.db")
	want.Database.ModelFile = filepath.Join(dir, "model.db")
	want.Limits.InFlight = 7
	want.Timeouts.Commit = 7 * time.Second
	want.Timeouts.ReadHeader = 2 * time.Second
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name string
		give string
		env  []string
		want string // part of the message: the key at fault
	}{
		{name: "unknown key", give: good + "membre: x\n", want: "membre"},
		{name: "unknown inner key", give: strings.Replace(good, "ca_file", "cafile", 1), want: "cafile"},
		{name: "key twice", give: good + "member: x\n", want: "member"},
		{name: "key in capitals", give: good + "Member: x\n", want: "Member"},
		{name: "unknown inner key of a map", give: strings.Replace(good, "{cert_file: operator.pem", "{cert: operator.pem", 1), want: "cert"},
		{name: "followed identity is none", give: good + "traces: {follow: [nobody]}\n", want: "traces.follow"},
		{name: "nobody signs checks", give: good + "store: {dir: bodies}\n", want: "store.identity"},
		{name: "nobody signs checks of a bucket", give: good + "store: {s3: {endpoint: https://s3.example.com, bucket: bodies}}\n", want: "store.identity"},
		{name: "two stores", give: good + "store: {identity: operator, dir: bodies, s3: {endpoint: https://s3.example.com, bucket: bodies}}\n", want: "both dir and s3"},
		{name: "a bucket of no service", give: good + "store: {identity: operator, s3: {bucket: bodies}}\n", want: "store.s3.endpoint"},
		{name: "a service without a bucket", give: good + "store: {identity: operator, s3: {endpoint: https://s3.example.com}}\n", want: "store.s3.bucket"},
		{name: "a service in the open", give: good + "store: {identity: operator, s3: {endpoint: http://s3.example.com, bucket: bodies}}\n", want: "store.s3.endpoint"},
		{name: "a service with a path", give: good + "store: {identity: operator, s3: {endpoint: https://s3.example.com/bodies, bucket: bodies}}\n", want: "store.s3.endpoint"},
		{name: "the name of a bucket", give: good + "store: {identity: operator, s3: {endpoint: https://s3.example.com, bucket: My_Bucket}}\n", want: "store.s3.bucket"},
		{name: "a bucket without a region", give: good + "store: {identity: operator, s3: {endpoint: https://s3.example.com, bucket: bodies, region: \"\"}}\n", want: "store.s3.region"},
		{name: "a long prefix", give: good + "store: {identity: operator, s3: {endpoint: https://s3.example.com, bucket: bodies, prefix: " + strings.Repeat("a", 513) + "}}\n", want: "store.s3.prefix"},
		{name: "own identity is none", give: strings.Replace(good, "  operator:", "  viewer:", 1), want: "own_identity"},
		{name: "name of an identity", give: strings.Replace(good, "  operator:", "  Root.:", 1), want: "Root"},
		{name: "long name of an identity", give: strings.Replace(good, "  operator:", "  "+strings.Repeat("a", 65)+":", 1), want: "identities"},
		{name: "unknown variable", give: good, env: []string{"WAYMARK_GATEWAY_TLS__HOST=x"}, want: "host"},
		{name: "one underscore between levels", give: good, env: []string{"WAYMARK_GATEWAY_TLS_CERT_FILE=c"}, want: "two underscores"},
		{name: "scalar for a section", give: strings.Replace(good, "timeouts: {commit: 7s}", "timeouts: 7s", 1), want: "timeouts"},
		{name: "no member", give: strings.Replace(good, "member: producer", "", 1), want: "member"},
		{name: "no peer", give: regexp.MustCompile("peers: .*").ReplaceAllString(good, ""), want: "peers"},
		{name: "a peer without a port", give: strings.Replace(good, "127.0.0.1:7102", "127.0.0.1", 1), want: "peers[1].address"},
		{name: "a peer without an authority", give: strings.Replace(good, ", ca_file: /ca/2.pem", "", 1), want: "peers[1].ca_file"},
		{name: "no identity", give: strings.Replace(good, "  operator:", "  # operator:", 1), want: "identities"},
		{name: "half a pair", give: strings.Replace(good, ", key_file: operator.key", "", 1), want: "identities.operator.key_file"},
		{name: "two keys", give: strings.Replace(good, "key_file: operator.key", "key_file: operator.key, pkcs11: {token: t}", 1), want: "identities.operator: has both"},
		{name: "half a token", give: strings.Replace(good, "key_file: operator.key", `pkcs11: {token: t, key_id: "0a"}`, 1), want: "identities.operator.pkcs11.pin_file"},
		{name: "key id", give: strings.Replace(good, "key_file: operator.key", "pkcs11: {library_file: l, pin_file: p, token: t, key_id: xy}", 1), want: "pkcs11.key_id"},
		{name: "listen", give: strings.Replace(good, "127.0.0.1:7100", "7100", 1), want: "listen"},
		{name: "not a duration", give: strings.Replace(good, "7s", "soon", 1), want: "commit"},
		{name: "negative", give: strings.Replace(good, "7s", "-7s", 1), want: "timeouts.commit"},
		{name: "write too short", give: good, env: []string{"WAYMARK_GATEWAY_TIMEOUTS__WRITE=20s"}, want: "timeouts.write"},
		{name: "write shorter than two queries", give: good, env: []string{"WAYMARK_GATEWAY_TIMEOUTS__EVALUATE=32s"}, want: "timeouts.write"},
		{name: "drain shorter than a write", give: good, env: []string{"WAYMARK_GATEWAY_TIMEOUTS__DRAIN=57s"}, want: "timeouts.drain"},
		{name: "total longer than the drain", give: good, env: []string{"WAYMARK_GATEWAY_TIMEOUTS__TOTAL=55s"}, want: "timeouts.drain"},
		{name: "a block does not fit", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__BYTES_IN_FLIGHT=6000000"}, want: "limits.bytes_in_flight"},
		{name: "block bytes", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__BLOCK_BYTES=1000"}, want: "limits.block_bytes"},
		{name: "caller percent", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__CALLER_PERCENT=101"}, want: "limits.caller_percent"},
		{name: "rate", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__RATES__READ__PER_SECOND=0"}, want: "limits.rates.read.per_second"},
		{name: "burst", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__RATES__ANONYMOUS__BURST=1000001"}, want: "limits.rates.anonymous.burst"},
		{name: "receive", give: good, env: []string{"WAYMARK_GATEWAY_TIMEOUTS__RECEIVE=0s"}, want: "timeouts.receive"},
		{name: "any origin", give: good + "cors_origins: ['*']\n", want: "cors_origins[0]"},
		{name: "origins below a domain", give: good + "cors_origins: ['https://*.example.com']\n", want: "cors_origins[0]"},
		{name: "origin with a path", give: good + "cors_origins: ['https://a.example.com', 'https://a.example.com/']\n", want: "cors_origins[1]"},
		{name: "origin without TLS", give: good + "cors_origins: ['http://a.example.com']\n", want: "cors_origins[0]"},
		{name: "no network", give: good + "webhooks: {allow_networks: ['10.0.0.0/8', '10.0.0.1']}\n", want: "webhooks.allow_networks[1]"},
		{name: "an address in a network", give: good + "webhooks: {allow_networks: ['10.0.0.1/8']}\n", want: "webhooks.allow_networks[0]"},
		{name: "a mapped network", give: good + "webhooks: {allow_networks: ['::ffff:10.0.0.0/104']}\n", want: "webhooks.allow_networks[0]"},
		{name: "http to all", give: good + "webhooks: {allow_http: true}\n", want: "webhooks.allow_http"},
		{name: "long attempts", give: good + "webhooks: {timeout: 16s}\n", want: "webhooks.timeout"},
		{name: "many attempts", give: good + "webhooks: {attempts: 11}\n", want: "webhooks.attempts"},
		{name: "in flight", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__IN_FLIGHT=0"}, want: "limits.in_flight"},
		{name: "memory", give: good, env: []string{"WAYMARK_GATEWAY_LIMITS__MEMORY_BYTES=1000000"}, want: "limits.memory_bytes"},
		{name: "nobody can call", give: strings.Replace(good, "tokens_file: tokens.json", "", 1), want: "tokens_file"},
		{name: "level", give: good, env: []string{"WAYMARK_GATEWAY_LOG__LEVEL=loud"}, want: "log.level"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := load(t, tt.give, tt.env...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that names %q", err, tt.want)
			}
		})
	}
}

// TestEveryFaultIsTold in one run: whoever mends a file wants to do it once.
func TestEveryFaultIsTold(t *testing.T) {
	_, dir, err := load(t, good+`
membre: x
issuers: 7
callers: everybody
limits: {in_flight: many, body_bytes: [1], rates: {read: {burst: 0}}}
requests: {keep: soon}
traces: {sample_ratio: all}
log: {level: loud, Format: json}
`, "WAYMARK_GATEWAY_TLS__HOST=x", "WAYMARK_GATEWAY_TIMEOUTS__READ=soon")
	if err == nil {
		t.Fatal("it is accepted")
	}
	want := []string{
		"configuration " + filepath.Join(dir, "gateway.yaml") + ":",
		"membre: there is no such key; here there are: callers, ",
		"issuers: must be a section of names",
		"callers: must be a list",
		"limits.in_flight: must be a whole number",
		"limits.body_bytes: must be a whole number",
		"limits.rates.read.burst: must be 1 to 1000000, is 0",
		"requests.keep: must be a duration such as 15s",
		"traces.sample_ratio: must be a number",
		"log.level: must be one of [debug info warn error], is \"loud\"",
		"log.Format: there is no such key; here there are: audit_file, format, level",
		"tls.host: there is no such key; here there are: cert_file, client_ca_file, key_file (set by WAYMARK_GATEWAY_TLS__HOST; ",
		"timeouts.read: must be a duration such as 15s (set by WAYMARK_GATEWAY_TIMEOUTS__READ; ",
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Errorf("%d lines, want %d: %v", len(lines), len(want), err)
	}
	for _, line := range want {
		if !strings.Contains(err.Error(), line) {
			t.Errorf("no %q in\n%v", line, err)
		}
	}
}
