package artifact_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/artifact"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

const (
	stockCore = `chaincode:
  externalBuilders:
    - name: ccaas_builder
      path: /opt/hyperledger/ccaas_builder
      propagateEnvironment:
        - CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG
`
	key   = "-----BEGIN PRIVATE KEY-----\nMII+/=\n-----END PRIVATE KEY-----\n"
	token = "a-token"
)

// newNetwork is a network whose keys are text and whose configtxgen is a script
// that writes a block.
func newNetwork(t *testing.T) topology.Network {
	t.Helper()
	n := topology.Network{
		Dir: filepath.Join(t.TempDir(), "state"), Bin: t.TempDir(), BasePort: 7100,
		Ordering: topology.BFT, Channel: "waymark",
	}
	write(t, filepath.Join(n.Bin, "sampleconfig", "core.yaml"), stockCore, 0o600)
	write(t, filepath.Join(n.Bin, "sampleconfig", "orderer.yaml"), "General:\n", 0o600)
	write(t, n.Binary("configtxgen"), "#!/bin/sh\nfor last; do :; done\necho block > \"$last\"\n", 0o700)
	for _, m := range topology.Members() {
		c := n.Credentials(m)
		write(t, c.TLSCA().Cert, "CA of "+m.ID, 0o600)
		write(t, c.ChaincodeClient().Cert, "client of "+m.ID, 0o600)
		write(t, c.ChaincodeClient().Key, key, 0o600)
		for _, role := range topology.Roles() {
			write(t, c.Token(role), token, 0o600)
		}
	}
	return n
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteFabric(t *testing.T) {
	n := newNetwork(t)
	if err := artifact.WriteFabric(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	core := read(t, filepath.Join(n.ConfigDir(), "core.yaml"))
	if !strings.Contains(core, n.BuilderDir()) || !strings.Contains(core, artifact.BuilderKeyVariable) {
		t.Errorf("core.yaml does not name our builder:\n%s", core)
	}
	config := read(t, filepath.Join(n.ConfigDir(), "configtx.yaml"))
	for _, want := range []string{
		"OrdererType: BFT", "ConsenterMapping:", "RequestBatchMaxInterval: 100ms",
		`LifecycleEndorsement: {Type: Signature, Rule: "OutOf(3, 'producer.peer', 'carrier.peer', 'retailer.peer', 'auditor.peer')"}`,
	} {
		if !strings.Contains(config, want) {
			t.Errorf("configtx.yaml lacks %s", want)
		}
	}
	if strings.Contains(config, "Type: ImplicitMeta") {
		t.Error("configtx.yaml has an implicit policy")
	}
	write(t, n.GenesisBlock(), "the ledger's own", 0o600)
	if err := artifact.WriteFabric(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if read(t, n.GenesisBlock()) != "the ledger's own" {
		t.Error("the genesis block of an existing ledger was replaced")
	}
}

func TestWriteFabricWithRaft(t *testing.T) {
	n := newNetwork(t)
	n.Ordering = topology.Raft
	if err := artifact.WriteFabric(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	config := read(t, filepath.Join(n.ConfigDir(), "configtx.yaml"))
	if !strings.Contains(config, "OrdererType: etcdraft") || strings.Contains(config, "SmartBFT") {
		t.Error("configtx.yaml is not for raft")
	}
}

// A later Fabric may change its sample; then nothing must be written in silence.
func TestWriteFabricRefusesAnUnknownSample(t *testing.T) {
	n := newNetwork(t)
	write(t, filepath.Join(n.Bin, "sampleconfig", "core.yaml"), "chaincode:\n", 0o600)
	if err := artifact.WriteFabric(t.Context(), n); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestWriteFabricSaysWhatConfigtxgenSaid(t *testing.T) {
	n := newNetwork(t)
	write(t, n.Binary("configtxgen"), "#!/bin/sh\necho no such profile >&2\nexit 1\n", 0o700)
	if err := artifact.WriteFabric(t.Context(), n); err == nil || !strings.Contains(err.Error(), "no such profile") {
		t.Errorf("got %v, want configtxgen's own words", err)
	}
}

// unpack returns the files of a tar.gz by name.
func unpack(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWritePackage(t *testing.T) {
	n := newNetwork(t)
	ids := make(map[string]bool)
	for _, m := range topology.Members() {
		id, err := artifact.WritePackage(n, m, 1)
		if err != nil {
			t.Fatal(err)
		}
		data := []byte(read(t, n.Package(m, 1)))
		sum := sha256.Sum256(data)
		if want := artifact.PackageLabel(1) + ":" + hex.EncodeToString(sum[:]); id != want {
			t.Errorf("%s: id %s, want %s", m.ID, id, want)
		}
		if again, _ := artifact.WritePackage(n, m, 1); again != id {
			t.Errorf("%s: the same package has two ids", m.ID)
		}
		ids[id] = true
		if code := unpack(t, unpack(t, data)["code.tar.gz"]); bytes.Contains(code["connection.json"], []byte("PRIVATE KEY")) {
			t.Errorf("%s: a private key travels in the package", m.ID)
		}
	}
	if len(ids) != len(topology.Members()) {
		t.Errorf("members share a package: %v", ids)
	}
}

// The builder's scripts, run as a peer runs them.
func TestBuilder(t *testing.T) {
	n := newNetwork(t)
	m := topology.Members()[0]
	if err := artifact.WriteFabric(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if _, err := artifact.WritePackage(n, m, 1); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	outer := unpack(t, []byte(read(t, n.Package(m, 1))))
	write(t, filepath.Join(work, "metadata", "metadata.json"), string(outer["metadata.json"]), 0o600)
	write(t, filepath.Join(work, "source", "connection.json"), string(unpack(t, outer["code.tar.gz"])["connection.json"]), 0o600)
	write(t, filepath.Join(work, "other", "metadata.json"), `{"type":"golang"}`, 0o600)
	for _, dir := range []string{"built", "released"} {
		if err := os.Mkdir(filepath.Join(work, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script := func(name string, args ...string) error {
		cmd := exec.CommandContext(t.Context(), filepath.Join(n.BuilderDir(), "bin", name), args...)
		cmd.Dir, cmd.Stderr = work, os.Stderr
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), artifact.BuilderKeyVariable + "=" + n.Credentials(m).ChaincodeClient().Key}
		return cmd.Run()
	}
	if script("detect", "source", "other") == nil {
		t.Error("detect takes a package that is not chaincode as a service")
	}
	for _, step := range [][]string{{"detect", "source", "metadata"}, {"build", "source", "metadata", "built"}, {"release", "built", "released"}} {
		if err := script(step[0], step[1:]...); err != nil {
			t.Fatalf("%s: %v", step[0], err)
		}
	}
	var got struct {
		Address            string `json:"address"`
		ClientAuthRequired bool   `json:"client_auth_required"`
		ClientKey          string `json:"client_key"`
		RootCert           string `json:"root_cert"`
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(work, "released", "chaincode", "server", "connection.json"))), &got); err != nil {
		t.Fatal(err)
	}
	if got.Address != "127.0.0.1:7104" || !got.ClientAuthRequired || got.ClientKey != key || got.RootCert != "CA of producer" {
		t.Errorf("the peer is told %+v", got)
	}
}

func TestWriteGateway(t *testing.T) {
	n := newNetwork(t)
	m := topology.Members()[0]
	if err := artifact.WriteGateway(n, m); err != nil {
		t.Fatal(err)
	}
	config := read(t, n.GatewayConfig(m))
	for _, want := range []string{
		"member: producer\n", "channel: waymark\n", "listen: \"127.0.0.1:7100\"\n",
		"address: \"127.0.0.1:7101\"\n", "server_name: \"peer.producer\"\n", "  relay:\n", "tokens_file: \"" + n.TokensFile(m),
	} {
		if !strings.Contains(config, want) {
			t.Errorf("gateway.yaml lacks %q:\n%s", want, config)
		}
	}
	tokens := read(t, n.TokensFile(m))
	sum := sha256.Sum256([]byte(token))
	if strings.Contains(tokens, token) || !strings.Contains(tokens, hex.EncodeToString(sum[:])) {
		t.Errorf("tokens.json is to hold hashes only: %s", tokens)
	}
	for _, path := range []string{n.TokensFile(m), n.GatewayConfig(m)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode is not 600 (%v)", path, err)
		}
	}
}

func TestWriteBridge(t *testing.T) {
	n := newNetwork(t)
	m := topology.Members()[0]
	if err := artifact.WriteBridge(n, m); err != nil {
		t.Fatal(err)
	}
	config := read(t, n.BridgeConfig())
	for _, want := range []string{
		"consortium: waymark\n", "broker: embedded\n", "  listen: \"127.0.0.1:7190\"\n", "url: \"https://127.0.0.1:7100\"\n",
		"token_file: \"" + n.Credentials(m).Token(topology.RoleRelay), "listen: \"127.0.0.1:7191\"\n",
	} {
		if !strings.Contains(config, want) {
			t.Errorf("mqtt-bridge.yaml lacks %q:\n%s", want, config)
		}
	}
}
