package topology

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
)

// StateFile remembers the network's settings.
func (n Network) StateFile() string { return filepath.Join(n.Dir, "network.json") }

// EndpointsFile says where the running network can be reached.
func (n Network) EndpointsFile() string { return filepath.Join(n.Dir, "endpoints.json") }

// LockFile is held by the one command that changes the network.
func (n Network) LockFile() string { return filepath.Join(n.Dir, "network.lock") }

// LogDir holds one log a process.
func (n Network) LogDir() string { return filepath.Join(n.Dir, "logs") }

// LogFile is the log of the process called name.
func (n Network) LogFile(name string) string { return filepath.Join(n.LogDir(), name+".log") }

// CryptoDir holds every key and certificate of the network.
func (n Network) CryptoDir() string { return filepath.Join(n.Dir, "crypto") }

// ConfigDir holds core.yaml, orderer.yaml, configtx.yaml and the genesis block.
func (n Network) ConfigDir() string { return filepath.Join(n.Dir, "config") }

// GenesisBlock is the first block of the channel.
func (n Network) GenesisBlock() string { return filepath.Join(n.ConfigDir(), "genesis.block") }

// BuilderDir holds the external builder through which peers find the chaincode.
func (n Network) BuilderDir() string { return filepath.Join(n.Dir, "builder") }

// MemberDir holds the configuration and data of member m.
func (n Network) MemberDir(m Member) string { return filepath.Join(n.Dir, "members", m.ID) }

// Package is the chaincode package that member m installs for a definition.
func (n Network) Package(m Member, sequence int) string {
	return filepath.Join(n.MemberDir(m), "chaincode-"+strconv.Itoa(sequence)+".tar.gz")
}

// ChaincodeDir holds the network's own copies of the program that is its chaincode.
func (n Network) ChaincodeDir() string { return filepath.Join(n.Dir, "chaincode") }

// ChaincodeProgram is the program that serves a definition of the chaincode.
func (n Network) ChaincodeProgram(sequence int) string {
	return filepath.Join(n.ChaincodeDir(), "chaincode-"+strconv.Itoa(sequence))
}

// GatewayConfig is the configuration of member m's gateway.
func (n Network) GatewayConfig(m Member) string { return filepath.Join(n.MemberDir(m), "gateway.yaml") }

// TokensFile holds the hashes of the tokens that member m's gateway accepts.
func (n Network) TokensFile(m Member) string { return filepath.Join(n.MemberDir(m), "tokens.json") }

// BridgeDir holds the mqtt-bridge's configuration, spool and broker store.
func (n Network) BridgeDir() string { return filepath.Join(n.Dir, "bridge") }

// BridgeSpool holds the mqtt-bridge's spool.
func (n Network) BridgeSpool() string { return filepath.Join(n.BridgeDir(), "spool") }

// BridgeToken is the bearer token of the mqtt-bridge's quarantine, which it makes itself.
func (n Network) BridgeToken() string { return filepath.Join(n.BridgeSpool(), "admin.token") }

// BridgeConfig is the configuration of the mqtt-bridge.
func (n Network) BridgeConfig() string { return filepath.Join(n.BridgeDir(), "mqtt-bridge.yaml") }

// Binary is the built program called name.
func (n Network) Binary(name string) string { return filepath.Join(n.Bin, name) }

// maxSocketPath is a little below the 104 bytes that macOS allows the path of a
// unix socket; Linux allows 108.
const maxSocketPath = 100

// Socket is the supervisor's unix socket: in the state directory, or, when that
// path is too long for a socket, in the temporary directory.
func (n Network) Socket() string {
	path := filepath.Join(n.Dir, "supervisor.sock")
	if len(path) <= maxSocketPath {
		return path
	}
	sum := sha256.Sum256([]byte(n.Dir))
	return filepath.Join(os.TempDir(), "waymark-"+hex.EncodeToString(sum[:8])+".sock")
}

// Purgeable lists what `down --purge` removes: everything a network writes into
// its state directory, and nothing else that may be there, such as binaries.
func (n Network) Purgeable() []string {
	return []string{
		n.EndpointsFile(), n.LogDir(), n.CryptoDir(), n.CryptoDir() + ".new", n.ConfigDir(), n.BuilderDir(), n.ChaincodeDir(),
		filepath.Join(n.Dir, "members"), n.BridgeDir(), n.Socket(), n.Socket() + ".lock", n.LockFile(), n.StateFile(),
	}
}
