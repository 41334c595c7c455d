package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// WriteGateway writes the configuration and the token hashes of member m's
// gateway.
func WriteGateway(n topology.Network, m topology.Member) error {
	c, ports := n.Credentials(m), n.Ports(m)
	var b strings.Builder
	b.WriteString("# Written by `network up`.\n")
	fmt.Fprintf(&b, "member: %s\nchannel: %s\nchaincode: %s\n", m.ID, n.Channel, topology.Chaincode)
	fmt.Fprintf(&b, "listen: %q\n", topology.Address(ports.Gateway))
	fmt.Fprintf(&b, "tls:\n  cert_file: %q\n  key_file: %q\n", c.GatewayTLS().Cert, c.GatewayTLS().Key)
	fmt.Fprintf(&b, "peers:\n  - address: %q\n    ca_file: %q\n    server_name: %q\n",
		topology.Address(ports.Peer), c.TLSCA().Cert, m.PeerHost())
	b.WriteString("identities:\n")
	for _, role := range topology.Roles() {
		identity := c.Identity(role)
		fmt.Fprintf(&b, "  %s:\n    cert_file: %q\n    key_file: %q\n", role, identity.Cert, identity.Key)
	}
	fmt.Fprintf(&b, "tokens_file: %q\n", n.TokensFile(m))
	b.WriteString("store:\n  dir: bodies\n") // beside this file
	if err := writeFile(n.GatewayConfig(m), []byte(b.String()), 0o600); err != nil {
		return err
	}
	return writeTokens(n, m)
}

// tokenHash is one entry of a gateway's tokens file.
type tokenHash struct {
	Name     string    `json:"name"`
	Identity string    `json:"identity"`
	SHA256   string    `json:"sha256"`
	Created  time.Time `json:"created_at"`
	Expires  time.Time `json:"expires_at"`
}

// tokenLife is how long the tokens of a local network are good for.
const tokenLife = 10 * 365 * 24 * time.Hour

// writeTokens writes the hashes of member m's tokens: the gateway never sees
// the tokens themselves until they are presented.
func writeTokens(n topology.Network, m topology.Member) error {
	var hashes []tokenHash
	now := time.Now().UTC().Truncate(time.Second)
	for _, role := range topology.Roles() {
		token, err := os.ReadFile(n.Credentials(m).Token(role))
		if err != nil {
			return fmt.Errorf("read token: %w", err)
		}
		sum := sha256.Sum256(token)
		hashes = append(hashes, tokenHash{
			Name: m.ID + "-" + role, Identity: role, SHA256: hex.EncodeToString(sum[:]), Created: now, Expires: now.Add(tokenLife),
		})
	}
	data, err := json.MarshalIndent(hashes, "", "  ")
	if err != nil {
		return fmt.Errorf("encode tokens: %w", err)
	}
	return writeFile(n.TokensFile(m), append(data, '\n'), 0o600)
}
