package fabric

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"go.uber.org/zap"
)

// A new certificate and key are used as soon as both are there, and the old ones until then.
func TestIdentityIsFollowed(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, pair := selfSigned(t, dir)
	p, set := &fakePeer{}, keys.NewSet(zap.NewNop())
	trusted := filepath.Join(t.TempDir(), "peer.pem")
	copyTo(t, certFile, trusted)
	c := connectWith(t, set, Identity{CertFile: certFile, KeyFile: keyFile}, Peer{Address: serve(t, p, pair).address, CAFile: trusted})
	newCert, newKey, _ := selfSigned(t, t.TempDir())
	old, fresh := read(t, certFile), read(t, newCert)
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, from, to string
		want           []byte
		wrong          string
	}{
		{name: "as it was", want: old},
		{name: "the certificate alone", from: newCert, to: certFile, want: old, wrong: "another one's"},
		{name: "a key that is none", from: bad, to: keyFile, want: old, wrong: "private key"},
		{name: "both", from: newKey, to: keyFile, want: fresh},
	} {
		if step.from != "" {
			copyTo(t, step.from, step.to)
		}
		once(set)
		if _, err := c.Submit(t.Context(), suspend()); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if !bytes.Equal(p.creator, step.want) {
			t.Errorf("%s: it is not signed as it should", step.name)
		}
		if err := set.Check(t.Context()); (err != nil) != (step.wrong != "") || err != nil && !strings.Contains(err.Error(), step.wrong) {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if _, ok := set.Expires()["identity/operator"]; !ok {
		t.Errorf("the end of the certificate is not told: %v", set.Expires())
	}
}

// once lets a set look at its files.
func once(set *keys.Set) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set.Run(ctx)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
}
