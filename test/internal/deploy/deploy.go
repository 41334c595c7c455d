package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// commandTimeout bounds one call of the peer command.
const commandTimeout = 60 * time.Second

// Endorsement is the endorsement policy that every contract gets: that of Waymark's chaincode on a local
// network, written as its definition is.
const Endorsement = "OutOf(3, 'producer.peer', 'carrier.peer', 'retailer.peer', 'auditor.peer')"

// Contract is a chaincode: its name on the channel, and its program, which has the settings in its
// environment that Waymark's has.
type Contract struct{ Name, Program string }

// Site is a running network, and what is to run on it.
type Site struct {
	Network   *endpoints.Network
	Dir       string // its state directory
	Bin       string // of its programs: the peer command is one
	Work      string // a folder for packages
	Contracts []Contract
	// FirstPort is the first of as many free ports as there are members times contracts.
	FirstPort int
}

// members are the members' ids, in a fixed order.
func (s Site) members() []string { return slices.Sorted(maps.Keys(s.Network.Members)) }

// issued is where the network keeps the certificates of a member's chaincode.
func (s Site) issued(member, use, name string) string {
	return filepath.Join(s.Dir, "crypto", "issued", member, "chaincode", use, name)
}

// address is where the process of a contract serves the peer of a member.
func (s Site) address(member, contract string) string {
	nth := slices.IndexFunc(s.Contracts, func(c Contract) bool { return c.Name == contract })
	place := slices.Index(s.members(), member)*len(s.Contracts) + nth
	return "127.0.0.1:" + strconv.Itoa(s.FirstPort+place)
}

// peer runs the peer command as the administrator of a member, on its own peer.
func (s Site) peer(ctx context.Context, member string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	m := s.Network.Members[member]
	cmd := exec.CommandContext(ctx, filepath.Join(s.Bin, "peer"), args...) //nolint:gosec // Fabric's command
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"FABRIC_CFG_PATH=" + filepath.Join(s.Dir, "config"), "FABRIC_LOGGING_SPEC=error",
		"CORE_PEER_LOCALMSPID=" + m.MSPID, "CORE_PEER_ADDRESS=" + m.Peer.Address,
		"CORE_PEER_MSPCONFIGPATH=" + filepath.Join(s.Dir, "crypto", "peerOrganizations", member, "users", "Admin@"+member, "msp"),
		"CORE_PEER_TLS_ENABLED=true", "CORE_PEER_TLS_ROOTCERT_FILE=" + m.Peer.CAFile,
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: peer %s: %w: %s", member, strings.Join(args[:3], " "), err, strings.TrimSpace(string(said)))
	}
	return nil
}

// Deploy gives every member a process of each contract, and commits the contracts on
// the channel. The processes run until they are stopped; after an error there are none.
func Deploy(ctx context.Context, s Site) (*Processes, error) {
	p := &Processes{}
	for _, c := range s.Contracts {
		if err := s.deploy(ctx, p, c); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
	}
	return p, nil
}

func (s Site) deploy(ctx context.Context, p *Processes, c Contract) error {
	ids := map[string]string{}
	for _, member := range s.members() {
		id, err := s.install(ctx, member, c.Name)
		if err != nil {
			return err
		}
		ids[member] = id
		if err := p.start(c.Program, s.environment(member, c.Name, id)); err != nil {
			return err
		}
	}
	for _, member := range s.members() {
		args := append([]string{"lifecycle", "chaincode", "approveformyorg", "--package-id", ids[member]}, s.definition(c.Name)...)
		if err := s.peer(ctx, member, args...); err != nil {
			return err
		}
	}
	args := append([]string{"lifecycle", "chaincode", "commit"}, s.definition(c.Name)...)
	for _, member := range s.members() {
		m := s.Network.Members[member]
		args = append(args, "--peerAddresses", m.Peer.Address, "--tlsRootCertFiles", m.Peer.CAFile)
	}
	return s.peer(ctx, s.members()[0], args...)
}

// install gives a member's peer the package of a contract and returns its id.
func (s Site) install(ctx context.Context, member, contract string) (string, error) {
	root, rootErr := os.ReadFile(s.Network.Members[member].Peer.CAFile)
	client, clientErr := os.ReadFile(s.issued(member, "client", "cert.pem"))
	if err := errors.Join(rootErr, clientErr); err != nil {
		return "", fmt.Errorf("read certificates: %w", err)
	}
	content, err := pack(contract, s.address(member, contract), root, client)
	if err != nil {
		return "", err
	}
	path := filepath.Join(s.Work, "packages", member, contract+".tar.gz")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", fmt.Errorf("write package: %w", err)
	}
	return packageID(contract, content), s.peer(ctx, member, "lifecycle", "chaincode", "install", path)
}

// definition is the flags that say what is approved and committed.
func (s Site) definition(contract string) []string {
	orderer := s.Network.Members[s.members()[0]].Orderer
	return []string{
		"--channelID", s.Network.Channel, "--name", contract, "--version", "1", "--sequence", "1",
		"--signature-policy", Endorsement, "-o", orderer.Address, "--tls", "--cafile", orderer.CAFile,
	}
}

// environment is the settings of a contract's process.
func (s Site) environment(member, contract, id string) []string {
	return []string{
		"CHAINCODE_ID=" + id,
		"CHAINCODE_SERVER_ADDRESS=" + s.address(member, contract),
		"CHAINCODE_TLS_CERT_FILE=" + s.issued(member, "server", "cert.pem"),
		"CHAINCODE_TLS_KEY_FILE=" + s.issued(member, "server", "key.pem"),
		"CHAINCODE_TLS_CLIENT_CA_FILE=" + s.Network.Members[member].Peer.CAFile,
	}
}
