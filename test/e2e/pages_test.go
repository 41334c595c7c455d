//go:build e2e && pages

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// Somebody who types what docs/offline-signing.md says suspends a device with a key that no
// gateway holds.
func TestPageOnOfflineSigning(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	m := local.at.Members["producer"]
	id := m.Identities[string(waymark.Admin)]
	r := newReader(t, map[string]string{"ca.pem": m.CAFile, "cert.pem": id.CertFile, "key.pem": id.KeyFile})
	answer := r.types(ctx, replaced(t, lines(t, "offline-signing.md", "## Over plain HTTP"), "logger-1", d.ID()),
		"GATEWAY="+m.GatewayURL, "TOKEN="+m.Tokens[string(waymark.Viewer)])
	var written gateway.Written[waymark.Device]
	if err := json.Unmarshal(answer, &written); err != nil || written.Result.State != waymark.DeviceSuspended || written.Transaction.Status != "VALID" {
		t.Errorf("the last line answers %s (%v)", answer, err)
	}
}

// Somebody who types what docs/verify.md says has a receipt, and is told what it proves.
func TestPageOnReceipts(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	_, commit := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	m := local.at.Members["producer"]
	files := map[string]string{"ca.pem": m.CAFile}
	for id, member := range local.at.Members {
		files[id+"-ca.pem"] = member.AuthorityFile
	}
	told := newReader(t, files).types(ctx, replaced(t, lines(t, "verify.md", "# Checking a receipt"), "https://gateway.producer.example:7100", m.GatewayURL),
		"TX="+commit.TxID, "TOKEN="+m.Tokens[string(waymark.Viewer)])
	if !bytes.Contains(told, []byte(commit.TxID)) || !bytes.Contains(told, []byte("status        VALID, say peers of")) {
		t.Errorf("the last line says %s", told)
	}
}

// The same of the proof of a reading.
func TestPageOnProofs(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	m := local.at.Members["producer"]
	files := map[string]string{"ca.pem": m.CAFile}
	for id, member := range local.at.Members {
		files[id+"-ca.pem"] = member.AuthorityFile
	}
	told := newReader(t, files).types(ctx, replaced(t, lines(t, "verify.md", "## The proof of a reading"), "https://gateway.producer.example:7100", m.GatewayURL),
		"READING="+d.ID()+":1:0", "TOKEN="+m.Tokens[string(waymark.Viewer)])
	if !bytes.Contains(told, []byte(`"temperature" is 4 Cel`)) || !bytes.Contains(told, []byte("status        VALID, say peers of")) {
		t.Errorf("the last line says %s", told)
	}
}

// lines are the commands under a heading of a page: all that is indented by four.
func lines(t *testing.T, page, heading string) string {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	_, under, found := strings.Cut("\n"+string(content(t, filepath.Join(root, "docs", page))), "\n"+heading+"\n")
	under, _, _ = strings.Cut(under, "\n## ")
	var script strings.Builder
	for line := range strings.Lines(under) {
		if command, indented := strings.CutPrefix(line, "    "); indented {
			script.WriteString(command)
		}
	}
	if !found || script.Len() == 0 {
		t.Fatalf("%s has nothing to type under %q", page, heading)
	}
	return script.String()
}

// replaced puts what is so here in place of an example.
func replaced(t *testing.T, script, example, here string) string {
	t.Helper()
	if !strings.Contains(script, example) {
		t.Fatalf("there is no %s in\n%s", example, script)
	}
	return strings.ReplaceAll(script, example, here)
}

// reader is somebody at a shell.
type reader struct {
	t   *testing.T
	dir string
}

// newReader is in a folder of its own with these files.
func newReader(t *testing.T, files map[string]string) reader {
	t.Helper()
	r := reader{t: t, dir: t.TempDir()}
	for name, from := range files {
		if err := os.WriteFile(filepath.Join(r.dir, name), content(t, from), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// types runs a script and returns what it prints; each of its commands must succeed.
func (r reader) types(ctx context.Context, script string, variables ...string) []byte {
	r.t.Helper()
	root, err := localnet.Root()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = r.dir
	cmd.Env = slices.Concat(variables, []string{"PATH=" + filepath.Join(root, ".waymark", "bin") + ":" + os.Getenv("PATH")})
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("%v\n%s%s\nof what was typed:\n%s", err, output, &complaints, script)
	}
	return output
}
