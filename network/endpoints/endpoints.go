package endpoints

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Network says where a local consortium can be reached. Every file it names is
// an absolute path.
type Network struct {
	// Channel is the Fabric channel of the ledger.
	Channel string `json:"channel"`
	// Chaincode is the committed name of the chaincode on Channel.
	Chaincode string `json:"chaincode"`
	// Consortium is the audience that every signed device message names.
	Consortium string `json:"consortium"`
	// MQTT is the broker to which devices publish.
	MQTT MQTT `json:"mqtt"`
	// Bridge is the status address of the mqtt-bridge.
	Bridge Bridge `json:"bridge"`
	// Members is keyed by member id, for example "producer".
	Members map[string]Member `json:"members"`
}

// MQTT is the broker that devices use.
type MQTT struct {
	// URL has the form ssl://host:port.
	URL string `json:"url"`
	// CAFile is the PEM certificate that signed the broker's certificate.
	CAFile string `json:"ca_file"`
}

// Bridge is the mqtt-bridge's own HTTP address.
type Bridge struct {
	// URL is plain HTTP on the loopback interface: /healthz, /readyz, /metrics.
	URL string `json:"url"`
	// TokenFile holds the bearer token of its quarantine, /v1/quarantine.
	TokenFile string `json:"token_file"`
}

// Member is one organisation: its gateway, its peer, its orderer and the
// identities that its gateway signs with.
type Member struct {
	// MSPID is the member's id in Fabric; it equals the member id.
	MSPID string `json:"msp_id"`
	// GatewayURL is the base URL of the member's REST gateway.
	GatewayURL string `json:"gateway_url"`
	// CAFile is the PEM certificate that signed the gateway's certificate.
	CAFile string `json:"ca_file"`
	// AuthorityFile is the PEM certificate of the authority of the member's Fabric identities,
	// by which receipts are checked.
	AuthorityFile string `json:"authority_file"`
	// Tokens holds one bearer token per role: admin, operator, quality, viewer, relay.
	Tokens map[string]string `json:"tokens"`
	// Peer is the member's peer.
	Peer Node `json:"peer"`
	// Orderer is the member's ordering node.
	Orderer Node `json:"orderer"`
	// Identities holds the member's Fabric client identity per role.
	Identities map[string]Identity `json:"identities"`
}

// Node is a gRPC server of a member.
type Node struct {
	// Address has the form host:port.
	Address string `json:"address"`
	// CAFile is the PEM certificate that signed the server's TLS certificate.
	CAFile string `json:"ca_file"`
	// ServerName is the name to check in the server's TLS certificate.
	ServerName string `json:"server_name"`
}

// Identity is a Fabric client identity: an X.509 certificate and its private
// key, both PEM files.
type Identity struct {
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
}

// ErrNotUp says that the file does not exist: the network was never up.
var ErrNotUp = errors.New("endpoints: the network has not been brought up")

// Load reads the file at path. It returns an error that wraps ErrNotUp when
// there is no such file; the caller should ask for `make up`.
func Load(path string) (*Network, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no file %s (run `make up`)", ErrNotUp, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	var network Network
	if err := json.Unmarshal(data, &network); err != nil {
		return nil, fmt.Errorf("parse endpoints %s: %w", path, err)
	}
	return &network, nil
}

// Save writes the file at path, readable by its owner alone because it carries
// tokens, and replaces an older one in one step.
func (n *Network) Save(path string) error {
	data, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return fmt.Errorf("encode endpoints: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".endpoints-*")
	if err != nil {
		return fmt.Errorf("write endpoints: %w", err)
	}
	_, err = temp.Write(append(data, '\n'))
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write endpoints: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}
