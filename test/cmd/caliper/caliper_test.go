package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// printed is what Caliper prints: the table of a round, of what is watched, and of all rounds.
const printed = `2026.01.02 info  [caliper] [report-builder] 	### Test result ###
+------------------+------+------+-----------------+
| Name             | Succ | Fail | Send Rate (TPS) |
|------------------|------|------|-----------------|
| register_product | 20   | 0    | 31.1            |
+------------------+------+------+-----------------+

| Metric | Process | Memory |
|--------|---------|--------|
| Memory | peer    | 100 MB |

### All test results ###
+------------------+------+------+-----------------+
| Name             | Succ | Fail | Send Rate (TPS) |
|------------------|------|------|-----------------|
| register_product | 20   | 0    | 31.1            |
|------------------|------|------|-----------------|
| read_product     | 38   | 2    | 99.0            |
+------------------+------+------+-----------------+
`

func TestTheLastTableCounts(t *testing.T) {
	got, err := roundsOf(printed)
	if want := []round{{"register_product", 20, 0}, {"read_product", 38, 2}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "| Name | Succ | Fail |\n", "| Name | Succ | Fail |\n| a | x | 0 |\n", "| Name | Succ | Fail |\n| a |\n"} {
		if got, err := roundsOf(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

// TestARoundFails without a success, and with any failure.
func TestARoundFails(t *testing.T) {
	for _, c := range []struct {
		round round
		fails bool
	}{{round{"a", 1, 0}, false}, {round{"a", 0, 0}, true}, {round{"a", 9, 1}, true}, {round{"a", 0, 9}, true}} {
		if err := check([]round{{"before", 1, 0}, c.round}); (err != nil) != c.fails {
			t.Errorf("%+v: %v", c.round, err)
		}
	}
}

func TestWhatCaliperIsTold(t *testing.T) {
	dir := t.TempDir()
	n := &endpoints.Network{Channel: "ledger", Chaincode: "waymark"}
	if err := write(dir, n, loadsOf(true), time.Now()); err == nil {
		t.Error("a network without members")
	}
	n.Members = map[string]endpoints.Member{member: {MSPID: "producer", Peer: endpoints.Node{Address: "127.0.0.1:1", CAFile: "ca.pem", ServerName: "peer.producer"},
		Identities: map[string]endpoints.Identity{string(role): {CertFile: "cert.pem", KeyFile: "key.pem"}}}}
	if err := write(dir, n, loadsOf(true), time.UnixMilli(1_800_000_000_000)); err != nil {
		t.Fatal(err)
	}
	for file, wants := range map[string][]string{
		profileFile: {`"url": "grpcs://127.0.0.1:1"`, `"path": "ca.pem"`, `"ssl-target-name-override": "peer.producer"`},
		networkFile: {`"channelName": "ledger"`, `"id": "waymark"`, `"path": "key.pem"`, `"path": "cert.pem"`, `"path": "connection.json"`}, benchmarkFile: {`"first": 1800000000000`, `"module": "process"`, `"txNumber": 20`, `"module": "products.js"`},
	} {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !json.Valid(content) {
			t.Fatalf("%s: %v", file, err)
		}
		for _, want := range wants {
			if !strings.Contains(string(content), want) {
				t.Errorf("no %s in %s:\n%s", want, file, content)
			}
		}
	}
}

// TestWithoutNode says what is missing.
func TestWithoutNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := (options{dir: t.TempDir()}).install(t.Context()); err == nil || !strings.Contains(err.Error(), "Caliper needs Node.js") {
		t.Error(err)
	}
}

// TestVersionsAreExact in what is installed, and the lock is of them.
func TestVersionsAreExact(t *testing.T) {
	type pack struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	var wanted pack
	var lock struct {
		Packages map[string]pack `json:"packages"`
	}
	for name, into := range map[string]any{"package.json": &wanted, "package-lock.json": &lock} {
		content, err := os.ReadFile(filepath.Join("..", "..", "caliper", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, into); err != nil {
			t.Fatal(err)
		}
	}
	if len(wanted.Dependencies) == 0 {
		t.Error("nothing is installed")
	}
	for name, version := range wanted.Dependencies {
		if strings.Trim(version, "0123456789.") != "" || lock.Packages[""].Dependencies[name] != version {
			t.Errorf("%s is %q, locked %q", name, version, lock.Packages[""].Dependencies[name])
		}
	}
}
