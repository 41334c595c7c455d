// Package mosquitto runs Debian's broker as docs/operations/mosquitto.conf says, on ports and with files of a test.
package mosquitto

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Bridges log in by this name and password.
const (
	Username = "waymark-bridge"
	password = "a-password-of-the-test"
)

// validFor is how long certificates are.
const validFor = time.Hour

// Options say where a broker runs.
type Options struct {
	Root              string // of the repository
	Dir               string // for its settings and its store
	CertFile, KeyFile string // that it shows
	LogFile           string // is appended to
	Devices, Bridges  string // addresses of package porttest, at which they log in
}

// Broker is a mosquitto.
type Broker struct {
	Devices      string // ssl://host:port at which devices log in by a certificate
	Bridges      string // and bridges by a password
	PasswordFile string // theirs
	LogFile      string

	settings string
	ca       *x509.Certificate // of devices
	key      *ecdsa.PrivateKey
	cmd      *exec.Cmd
}

// New writes the settings of a broker. Start starts it.
func New(o Options) (*Broker, error) {
	b := &Broker{Devices: "ssl://" + o.Devices, Bridges: "ssl://" + o.Bridges, PasswordFile: filepath.Join(o.Dir, "password"), LogFile: o.LogFile, settings: filepath.Join(o.Dir, "mosquitto.conf")}
	if err := b.makeAuthority(); err != nil {
		return nil, err
	}
	settings, err := placed(filepath.Join(o.Root, "docs", "operations", "mosquitto.conf"),
		"/etc/mosquitto/waymark/broker.pem", o.CertFile, "/etc/mosquitto/waymark/broker.key", o.KeyFile,
		"/etc/mosquitto/waymark", o.Dir, "/var/lib/mosquitto", o.Dir, "listener 8883 0.0.0.0", listener(o.Devices), "listener 8884 127.0.0.1", listener(o.Bridges))
	if err != nil {
		return nil, err
	}
	acl, err := placed(filepath.Join(o.Root, "docs", "operations", "mosquitto.acl"))
	if err != nil {
		return nil, err
	}
	for name, content := range map[string]string{
		"mosquitto.conf": "user root\n" + settings, // a test that is run by root has files that mosquitto's own user cannot read
		"acl":            acl,
		"password":       password,
		"device-cas.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.ca.Raw})),
	} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(content), 0o600); err != nil {
			return nil, fmt.Errorf("set mosquitto up: %w", err)
		}
	}
	made := exec.Command("mosquitto_passwd", "-b", "-c", filepath.Join(o.Dir, "passwords"), Username, password) //nolint:gosec,noctx // ends at once
	if output, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("set mosquitto up: %w: %s", err, output)
	}
	return b, nil
}

// placed is a file of an operator in which each pair's first text, which has to be there, is the second.
func placed(path string, pairs ...string) (string, error) {
	data, err := os.ReadFile(path) //nolint:gosec // of the repository
	if err != nil {
		return "", fmt.Errorf("set mosquitto up: %w", err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(data), pairs[i]) {
			return "", fmt.Errorf("set mosquitto up: %s has no %q", path, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(string(data)), nil
}

// listener is the line for an address.
func listener(address string) string {
	host, port, _ := net.SplitHostPort(address) // porttest made it
	return "listener " + port + " " + host
}

// Start starts it, for the first time or after Kill, and returns once it listens.
func (b *Broker) Start(ctx context.Context) error {
	log, err := os.OpenFile(b.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start mosquitto: %w", err)
	}
	defer func() { _ = log.Close() }()                  // the process has its own
	b.cmd = exec.Command("mosquitto", "-c", b.settings) //nolint:gosec,noctx // Kill ends it
	b.cmd.Stderr = log
	if err := b.cmd.Start(); err != nil {
		return fmt.Errorf("start mosquitto: %w", err)
	}
	for {
		var d net.Dialer
		connection, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(b.Bridges, "ssl://"))
		if err == nil {
			return connection.Close() //nolint:wrapcheck // it was opened
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("start mosquitto: %w: %w", ctx.Err(), err)
		}
	}
}

// Kill ends it by SIGKILL, if it runs.
func (b *Broker) Kill() {
	_ = b.cmd.Process.Kill() // it may have ended
	_ = b.cmd.Wait()         // killed
}

// PID is its process.
func (b *Broker) PID() int { return b.cmd.Process.Pid }

func (b *Broker) makeAuthority() (err error) {
	if b.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return fmt.Errorf("make a device CA: %w", err)
	}
	b.ca = template("device CA")
	b.ca.IsCA, b.ca.BasicConstraintsValid, b.ca.KeyUsage = true, true, x509.KeyUsageCertSign
	raw, err := x509.CreateCertificate(rand.Reader, b.ca, b.ca, b.key.Public(), b.key)
	if err == nil {
		b.ca, err = x509.ParseCertificate(raw)
	}
	if err != nil {
		return fmt.Errorf("make a device CA: %w", err)
	}
	return nil
}

// Certificate is one by which a device logs in. Its key is another than the one with which the device signs: mosquitto looks at
// the name alone.
func (b *Broker) Certificate(device string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a device's certificate: %w", err)
	}
	c := template(device)
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	raw, err := x509.CreateCertificate(rand.Reader, c, b.ca, key.Public(), b.key)
	if err != nil {
		return nil, fmt.Errorf("make a device's certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, nil
}

func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-validFor), NotAfter: now.Add(validFor)}
}
