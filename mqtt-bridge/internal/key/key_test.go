package key_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/key"
)

func TestMakeAndLoad(t *testing.T) {
	for _, algorithm := range []attest.Algorithm{attest.Ed25519, attest.ES256} {
		path := filepath.Join(t.TempDir(), "edge.pem")
		made, err := key.Make(path, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		read, err := key.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if public, ok := read.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(made.Public()) {
			t.Errorf("%s: another key was read", algorithm)
		}
		if _, err := key.Make(path, algorithm); err == nil {
			t.Error("a key was overwritten")
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := key.Load(path); err == nil {
			t.Error("a key that others can read was taken")
		}
	}
}

// A crash leaves the whole key or none: it is written under another name, of which nothing is left.
func TestOneFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := key.Make(filepath.Join(dir, "edge.pem"), attest.Ed25519); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("files %v, %v", entries, err)
	}
}

func TestRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "edge.pem")
	if _, err := key.Make(path, attest.MLDSA44); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("made ML-DSA-44: %v", err)
	}
	if _, err := key.Load(path); err == nil {
		t.Error("a file that is not there was read")
	}
	good, err := key.Make(filepath.Join(t.TempDir(), "another.pem"), attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(good)
	if err != nil {
		t.Fatal(err)
	}
	one := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, text := range []string{"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", one + one, one + "more"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := key.Load(path); err == nil {
			t.Errorf("%q was read as a key", text)
		}
	}
}
