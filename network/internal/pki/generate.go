package pki

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// RoleAttribute names the certificate attribute in which the chaincode finds
// the role of whoever signed a transaction.
const RoleAttribute = "waymark.role"

const (
	cryptogenTimeout = 30 * time.Second
	tokenBytes       = 32
	tokenPrefix      = "wmk_" // by which secret scanners know a token
)

// Generate makes every key, certificate and token of the network, unless they
// are there. The crypto directory appears in one step, complete, so an
// interrupted run leaves nothing half made.
func Generate(ctx context.Context, n topology.Network) error {
	if _, err := os.Stat(n.CryptoDir()); err == nil {
		return nil
	}
	fresh := n.CryptoDir() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove unfinished keys: %w", err)
	}
	if err := runCryptogen(ctx, n, fresh); err != nil {
		return err
	}
	for _, m := range topology.Members() {
		if err := issueAll(m, topology.CredentialsUnder(fresh, m)); err != nil {
			return fmt.Errorf("issue certificates of %s: %w", m.ID, err)
		}
	}
	if err := os.Rename(fresh, n.CryptoDir()); err != nil {
		return fmt.Errorf("put keys in place: %w", err)
	}
	return nil
}

// runCryptogen makes the authorities, the peers and the administrators in dir.
func runCryptogen(ctx context.Context, n topology.Network, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	config := filepath.Join(dir, "crypto-config.yaml")
	if err := writeFile(config, []byte(cryptogenConfig(topology.Members())), 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cryptogenTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, n.Binary("cryptogen"), "generate", "--config", config, "--output", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cryptogen: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// cryptogenConfig asks for one organisation with one peer for each member. Its
// orderer is of the same organisation, which cryptogen cannot express, so that
// one is issued afterwards.
func cryptogenConfig(members []topology.Member) string {
	var b strings.Builder
	b.WriteString("PeerOrgs:\n")
	for _, m := range members {
		fmt.Fprintf(&b, "  - Name: %s\n    Domain: %s\n    EnableNodeOUs: true\n", m.ID, m.ID)
		fmt.Fprintf(&b, "    Specs:\n      - Hostname: peer\n        SANS: [localhost, %s]\n", topology.Host)
		b.WriteString("    Users:\n      Count: 0\n")
	}
	return b.String()
}

// issueAll makes what cryptogen does not.
func issueAll(m topology.Member, c topology.Credentials) error {
	identities, err := LoadAuthority(c.CA())
	if err != nil {
		return err
	}
	servers, err := LoadAuthority(c.TLSCA())
	if err != nil {
		return err
	}
	if err := issueIdentities(identities, m, c); err != nil {
		return err
	}
	if err := issueTLS(servers, m, c); err != nil {
		return err
	}
	return writeTokens(c)
}

// issueIdentities makes the orderer's identity and one client identity a role.
func issueIdentities(ca *Authority, m topology.Member, c topology.Credentials) error {
	if err := ca.Issue(Request{CommonName: m.OrdererHost(), Unit: "orderer"}, c.OrdererIdentity()); err != nil {
		return err
	}
	// The orderer's MSP is the peer's, but for who it is.
	for _, name := range []string{"cacerts", "tlscacerts"} {
		if err := os.CopyFS(filepath.Join(c.OrdererMSP(), name), os.DirFS(filepath.Join(c.PeerMSP(), name))); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	nodeOUs, err := os.ReadFile(filepath.Join(c.PeerMSP(), "config.yaml"))
	if err != nil {
		return fmt.Errorf("read MSP configuration: %w", err)
	}
	if err := writeFile(filepath.Join(c.OrdererMSP(), "config.yaml"), nodeOUs, 0o644); err != nil {
		return err
	}
	for _, role := range topology.Roles() {
		req := Request{CommonName: role, Unit: "client", Attributes: map[string]string{RoleAttribute: role}}
		if err := ca.Issue(req, c.Identity(role)); err != nil {
			return err
		}
	}
	return nil
}

// issueTLS makes the certificates of the member's servers and of those who call
// them with mutual TLS.
func issueTLS(ca *Authority, m topology.Member, c topology.Credentials) error {
	here := []string{"localhost", topology.Host}
	certs := []struct {
		req   Request
		files topology.Pair
	}{
		{Request{CommonName: m.OrdererHost(), Hosts: append(here, m.OrdererHost()), Server: true, Client: true}, c.OrdererTLS()},
		{Request{CommonName: "orderer-admin." + m.ID, Client: true}, c.OrdererAdmin()},
		{Request{CommonName: "gateway." + m.ID, Hosts: here, Server: true}, c.GatewayTLS()},
		{Request{CommonName: "chaincode." + m.ID, Hosts: here, Server: true}, c.ChaincodeServer()},
		{Request{CommonName: m.PeerHost(), Client: true}, c.ChaincodeClient()},
		{Request{CommonName: "mqtt." + m.ID, Hosts: here, Server: true}, c.BrokerTLS()},
	}
	var errs []error
	for _, cert := range certs {
		errs = append(errs, ca.Issue(cert.req, cert.files))
	}
	return errors.Join(errs...)
}

// writeTokens makes one bearer token a role.
func writeTokens(c topology.Credentials) error {
	for _, role := range topology.Roles() {
		token := make([]byte, tokenBytes)
		rand.Read(token) // never fails: crypto/rand ends the process instead
		text := tokenPrefix + base64.RawURLEncoding.EncodeToString(token)
		if err := writeFile(c.Token(role), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
