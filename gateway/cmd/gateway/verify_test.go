package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// What the command line must have; that receipts hold or do not is tested on the real network.
func TestVerifyUsage(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "receipt.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"nothing":              {"verify"},
		"no authority":         {"verify", "--receipt", file},
		"no receipt":           {"verify", "--ca", "producer=" + file},
		"both":                 {"verify", "--ca", "producer=" + file, "--receipt", file, "--reading", file},
		"a key of no reading":  {"verify", "--receipt", file, "--device-key", file, "--ca", "producer=" + file},
		"not MEMBER=FILE":      {"verify", "--receipt", file, "--ca", "producer"},
		"no such authority":    {"verify", "--receipt", file, "--ca", "producer=" + filepath.Join(dir, "none")},
		"something that is no": {"verify", "--receipt", file, "--ca", "producer=" + file},
	} {
		if _, err := command(t, words...); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A receipt of another transaction than the one that is meant is not even looked into.
func TestVerifyAnotherTransaction(t *testing.T) {
	dir := t.TempDir()
	receipt, authority := filepath.Join(dir, "receipt.json"), filepath.Join(dir, "ca.pem")
	for file, content := range map[string][]byte{receipt: []byte(`{"format":"waymark-receipt-1","tx_id":"aa"}`), authority: certtest.NewAuthority(t).PEM()} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for meant, want := range map[string]string{"aa": "proves nothing", "bb": `of transaction "aa", not "bb"`} {
		_, err := command(t, "verify", "--receipt", receipt, "--ca", "producer="+authority, "--tx", meant)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", meant, err)
		}
	}
}

// A proof of another reading than the one that is meant is not even looked into.
func TestVerifyAnotherReading(t *testing.T) {
	dir := t.TempDir()
	proof, authority := filepath.Join(dir, "proof.json"), filepath.Join(dir, "ca.pem")
	for file, content := range map[string][]byte{
		proof:     []byte(`{"format":"waymark-reading-1","reading":{"device":"d","sequence":7,"index":1},"receipt":{"format":"waymark-receipt-1"}}`),
		authority: certtest.NewAuthority(t).PEM(),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for meant, want := range map[string]string{"d:7:1": "proves nothing", "d:7:2": `of reading "d:7:1", not "d:7:2"`} {
		_, err := command(t, "verify", "--reading", proof, "--ca", "producer="+authority, "--id", meant)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", meant, err)
		}
	}
}
