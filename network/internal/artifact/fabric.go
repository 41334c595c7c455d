package artifact

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// BuilderKeyVariable names the environment variable in which a peer tells the
// external builder where its chaincode client key is.
const BuilderKeyVariable = "WAYMARK_CHAINCODE_CLIENT_KEY_FILE"

const (
	blockInterval       = 100 * time.Millisecond
	configtxgenTimeout  = 30 * time.Second
	stockBuilderPath    = "/opt/hyperledger/ccaas_builder"
	stockBuilderForward = "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG"
)

//go:embed configtx.yaml.tmpl
var configtxTemplate string

//go:embed builder/detect builder/build builder/release
var builderScripts embed.FS

// WriteFabric writes core.yaml, orderer.yaml, configtx.yaml, the external
// builder and the genesis block. Files that are the same for the life of the
// ledger (the genesis block) are left alone if they are there.
func WriteFabric(ctx context.Context, n topology.Network) error {
	if err := writeSamples(n); err != nil {
		return err
	}
	if err := writeBuilder(n); err != nil {
		return err
	}
	return writeGenesis(ctx, n)
}

// writeSamples takes over the configuration that comes with Fabric. Settings
// are changed by environment variables, except for the external builder, which
// is in a list, and lists have no variable.
func writeSamples(n topology.Network) error {
	samples := filepath.Join(n.Bin, "sampleconfig")
	core, err := os.ReadFile(filepath.Join(samples, "core.yaml"))
	if err != nil {
		return fmt.Errorf("read Fabric's sample configuration (run `network build`): %w", err)
	}
	text := string(core)
	for stock, ours := range map[string]string{stockBuilderPath: strconv.Quote(n.BuilderDir()), stockBuilderForward: BuilderKeyVariable} {
		if strings.Count(text, stock) != 1 {
			return fmt.Errorf("sample core.yaml does not name %s once: this version of Fabric is not known", stock)
		}
		text = strings.Replace(text, stock, ours, 1)
	}
	orderer, err := os.ReadFile(filepath.Join(samples, "orderer.yaml"))
	if err != nil {
		return fmt.Errorf("read Fabric's sample configuration: %w", err)
	}
	if err := writeFile(filepath.Join(n.ConfigDir(), "core.yaml"), []byte(text), 0o644); err != nil {
		return err
	}
	return writeFile(filepath.Join(n.ConfigDir(), "orderer.yaml"), orderer, 0o644)
}

// writeBuilder writes the three scripts that stand for Fabric's ccaas builder.
func writeBuilder(n topology.Network) error {
	for _, name := range []string{"detect", "build", "release"} {
		script, err := builderScripts.ReadFile("builder/" + name)
		if err != nil {
			return fmt.Errorf("read builder script: %w", err)
		}
		if err := writeFile(filepath.Join(n.BuilderDir(), "bin", name), script, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// writeGenesis makes the first block of the channel with configtxgen.
func writeGenesis(ctx context.Context, n topology.Network) error {
	if _, err := os.Stat(n.GenesisBlock()); err == nil {
		return nil
	}
	config, err := configtx(n)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(n.ConfigDir(), "configtx.yaml"), config, 0o644); err != nil {
		return err
	}
	fresh := n.GenesisBlock() + ".new"
	ctx, cancel := context.WithTimeout(ctx, configtxgenTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, n.Binary("configtxgen"),
		"-profile", "Consortium", "-channelID", n.Channel, "-configPath", n.ConfigDir(), "-outputBlock", fresh)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("configtxgen: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(fresh, n.GenesisBlock()); err != nil {
		return fmt.Errorf("put genesis block in place: %w", err)
	}
	return nil
}

// consenter is a member as configtx.yaml describes it.
type consenter struct {
	topology.Member
	MSPDir, OrdererIdentity, OrdererTLS string
	OrdererPort, PeerPort               int
}

// configtx is the channel's configuration, for configtxgen.
func configtx(n topology.Network) ([]byte, error) {
	parsed, err := template.New("configtx").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(configtxTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse configtx template: %w", err)
	}
	var members []consenter
	for _, m := range topology.Members() {
		c, ports := n.Credentials(m), n.Ports(m)
		members = append(members, consenter{
			Member: m, MSPDir: c.MSP(), OrdererIdentity: c.OrdererIdentity().Cert, OrdererTLS: c.OrdererTLS().Cert,
			OrdererPort: ports.Orderer, PeerPort: ports.Peer,
		})
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, map[string]any{
		"Members":       members,
		"Host":          topology.Host,
		"BFT":           n.Ordering == topology.BFT,
		"BlockInterval": blockInterval.String(),
		"AnyMember":     topology.AnyOf("member"),
		"AnyOrderer":    topology.AnyOf("orderer"),
		"MostAdmins":    topology.MostOf("admin"),
		"MostPeers":     topology.MostOf("peer"),
	})
	if err != nil {
		return nil, fmt.Errorf("write configtx: %w", err)
	}
	return out.Bytes(), nil
}

// writeFile writes a file, making its directory, for the owner alone, if need be.
func writeFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
