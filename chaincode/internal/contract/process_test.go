package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestTwoProcessesAgree gives two chaincode processes the same transactions on the
// same state: all that they read, write, emit and answer must be the same (P9).
func TestTwoProcessesAgree(t *testing.T) {
	keys := newKeys(t)
	program := filepath.Join(keys.dir, "chaincode")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}
	one, other := attach(t, keys.start(t, program), keys.client), attach(t, keys.start(t, program), keys.client)
	for i, tx := range story(t) {
		a, b := one.run(tx), other.run(tx)
		if !slices.Equal(a, b) {
			t.Fatalf("transaction %d, %s:\n%q\n%q", i, tx.args[0], a, b)
		}
		if len(a) < 2 {
			t.Errorf("transaction %d, %s, asks nothing of the ledger: %q", i, tx.args[0], a)
		}
	}
	if _, moved := one.state["custody/s1"]; !moved || len(one.state) < 15 {
		t.Errorf("the story left %d records", len(one.state))
	}
}

// keys are a CA, its certificate for a chaincode and one for its peer, as files.
type keys struct {
	dir    string
	client *tls.Config
}

func newKeys(t *testing.T) keys {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for name, content := range map[string][]byte{"cert.pem": certPEM, "key.pem": keyPEM} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return keys{dir, &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}}
}

// settings are the environment of a process that listens on address.
func (k keys) settings(address string) map[string]string {
	return map[string]string{
		"CHAINCODE_ID": "waymark:0", "CHAINCODE_SERVER_ADDRESS": address,
		"CHAINCODE_TLS_CERT_FILE": filepath.Join(k.dir, "cert.pem"), "CHAINCODE_TLS_KEY_FILE": filepath.Join(k.dir, "key.pem"),
		"CHAINCODE_TLS_CLIENT_CA_FILE": filepath.Join(k.dir, "cert.pem"),
	}
}

// start runs a chaincode process until the test ends and returns its address.
func (k keys) start(t *testing.T, program string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program)
	for name, value := range k.settings(address) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	return address
}

// story is a journey with an excursion, and acts that are refused.
func story(t *testing.T) []proposal {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := &scenario.Consortium{T: t, Now: now}
	d, forger := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-1", "producer")
	registration := waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true}
	first, lost, warm := d.Pack(500, 510), d.Pack(520), d.Pack(900, 100)
	var all []proposal
	add := func(member string, role waymark.Role, name waymark.Transaction, request any) {
		creator, err := stub.Creator(member, role)
		if err != nil {
			t.Fatal(err)
		}
		argument, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, proposal{id: fmt.Sprintf("%064x", len(all)+1), time: now, creator: creator, args: [][]byte{[]byte(name), argument}})
	}
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		add(member, waymark.Admin, waymark.MembersRegister, waymark.RegisterMemberRequest{ID: member, Name: member})
	}
	offer := waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: now.Add(time.Hour)}
	add("producer", waymark.Operator, waymark.DevicesRegister, registration)
	item := waymark.Item("09506000134352", "1").String()
	add("producer", waymark.Admin, waymark.GoodsRegisterProduct, waymark.RegisterProductRequest{GTIN: "09506000134352", Name: "goods"})
	add("producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Items: []string{item}})
	add("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor",
		Goods:      []waymark.Line{{ID: item}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}})
	add("producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	add("producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{first, forger.Pack(1), "nonsense", warm}})
	add("producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{warm, lost, first}})
	add("producer", waymark.Operator, waymark.ShipmentsOffer, offer)
	add("carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
	add("retailer", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
	add("carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1, Reservation: "warm"})
	offer.To = "retailer"
	add("carrier", waymark.Operator, waymark.ShipmentsOffer, offer)
	add("carrier", waymark.Operator, waymark.ShipmentsCancel, waymark.EndHandoffRequest{Shipment: "s1", Number: 2, Reason: "late"})
	offer.ExpiresAt = now.Add(2 * time.Hour)
	add("carrier", waymark.Operator, waymark.ShipmentsOffer, offer)
	add("retailer", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 3, Reservation: "warm"})
	add("auditor", waymark.Viewer, waymark.ShipmentsGet, waymark.ShipmentQuery{Shipment: "s1"})
	add("auditor", waymark.Viewer, waymark.ShipmentsHistory, waymark.ShipmentQuery{Shipment: "s1"})
	add("producer", waymark.Viewer, waymark.TelemetryStream, waymark.DeviceQuery{Device: "logger-1"})
	return all
}
