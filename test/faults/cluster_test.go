//go:build e2e && linux

package faults_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// nodes is how many nats-servers are a cluster.
const nodes = 3

// password is that of all users but devices at the cluster.
const password = "a-password-of-the-test"

// cluster is nats-servers that run with docs/operations/nats-cluster.conf.
type cluster struct {
	dir, certFile, keyFile, issuer string
	log                            *os.File
	mqtt, nats, routes             [nodes]string // addresses
	running                        [nodes]*exec.Cmd
}

// buildCluster builds the commands that are the bridge's dependencies: the server, and the one that makes the key by
// which the bridge lets devices in.
func buildCluster(ctx context.Context, root, dir string) error {
	for name, target := range map[string]string{"nats-server": "github.com/nats-io/nats-server/v2", "nk": "github.com/nats-io/nkeys/nk"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), target)
		cmd.Dir, cmd.Env = filepath.Join(root, "mqtt-bridge"), append(os.Environ(), "GOWORK=off")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, output)
		}
	}
	return nil
}

// atCluster starts a bridge that uses a cluster of nats-servers.
func atCluster(ctx context.Context, t *testing.T) *site {
	t.Helper()
	c := newCluster(ctx, t)
	for n := range nodes {
		if err := c.start(n); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.kill(n) })
	}
	at := *local.at
	at.MQTT.CAFile = c.certFile
	secret := filepath.Join(c.dir, "password")
	callout := fmt.Sprintf("callout: {url: %q, ca_file: %q, password_file: %q, seed_file: %q}\n", c.urls("tls://", c.nats), c.certFile, secret, filepath.Join(c.dir, "seed"))
	s := newSite(ctx, t, bridge.Options{Network: &at, External: c.urls("ssl://", c.mqtt), PasswordFile: secret, More: callout})
	s.cluster, s.logs = c, append(s.logs, c.log.Name())
	return s
}

func newCluster(ctx context.Context, t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	c := &cluster{dir: dir, certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	for n := range nodes {
		c.mqtt[n], c.nats[n], c.routes[n] = porttest.Address(t), porttest.Address(t), porttest.Address(t)
	}
	if err := certify(c.certFile, c.keyFile); err != nil {
		t.Fatal(err)
	}
	seed, err := exec.CommandContext(ctx, filepath.Join(local.built, "nk"), "-gen", "account").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"seed": seed, "password": []byte(password)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	issuer, err := exec.CommandContext(ctx, filepath.Join(local.built, "nk"), "-inkey", filepath.Join(dir, "seed"), "-pubout").Output()
	if err != nil {
		t.Fatal(err)
	}
	c.issuer = strings.TrimSpace(string(issuer))
	if c.log, err = os.OpenFile(newLog("nats-cluster"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.log.Close() })
	return c
}

// certify makes a certificate for this machine that is its own authority, for servers that are one another's clients.
func certify(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

func (c *cluster) urls(scheme string, addresses [nodes]string) string {
	return scheme + strings.Join(addresses[:], ","+scheme)
}

func (c *cluster) start(n int) error {
	cmd := exec.Command(filepath.Join(local.built, "nats-server"), "-c", filepath.Join(local.root, "docs", "operations", "nats-cluster.conf"))
	for name, value := range map[string]string{
		"NODE": "node-" + strconv.Itoa(n), "MQTT_LISTEN": c.mqtt[n], "NATS_LISTEN": c.nats[n], "CLUSTER_LISTEN": c.routes[n],
		"ROUTE_1": "nats-route://" + c.routes[0], "ROUTE_2": "nats-route://" + c.routes[1], "ROUTE_3": "nats-route://" + c.routes[2],
		"STORE_DIR": filepath.Join(c.dir, "store-"+strconv.Itoa(n)), "CERT_FILE": c.certFile, "KEY_FILE": c.keyFile, "CA_FILE": c.certFile,
		"BRIDGE_PASSWORD": password, "CALLOUT_PASSWORD": password, "OPERATOR_PASSWORD": password, "ISSUER": c.issuer,
	} {
		cmd.Env = append(cmd.Env, name+"="+strconv.Quote(value))
	}
	cmd.Stdout, cmd.Stderr = c.log, c.log
	c.running[n] = cmd
	return cmd.Start()
}

func (c *cluster) kill(n int) {
	_ = c.running[n].Process.Kill() // it may have ended
	_ = c.running[n].Wait()         // killed
}

// nodesDie kills one node after another, and starts each again once all goes on without it.
func nodesDie(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	for n := range nodes {
		r.cluster.kill(n)
		r.eachMore(ctx, t)
		if err := r.cluster.start(n); err != nil {
			t.Fatal(err)
		}
		r.eachMore(ctx, t)
	}
}
