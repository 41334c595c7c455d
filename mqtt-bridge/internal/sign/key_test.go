package sign_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
)

func open(t *testing.T, dir, name string) *sign.Key {
	t.Helper()
	k, err := sign.Open(dir, name, "bridge-1", "waymark")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	first, again, next := open(t, dir, sign.FileName), open(t, dir, sign.FileName), open(t, dir, sign.NextName)
	if first.Public() != again.Public() || first.Public() == next.Public() {
		t.Errorf("first %v, again %v, next %v", first.Public(), again.Public(), next.Public())
	}
	info, err := os.Stat(filepath.Join(dir, sign.FileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file: %v, %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("files %v, %v", entries, err)
	}
}

func TestWhatIsSigned(t *testing.T) {
	k := open(t, t.TempDir(), sign.FileName)
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		raw, err := k.Sign(format, attest.Commit, waymark.CommitReceipt{Device: "logger-1", Number: 3, State: waymark.CommitUnknown, At: 1772352000})
		if err != nil {
			t.Fatal(err)
		}
		m, err := attest.Parse(attest.Text(raw))
		if err != nil {
			t.Fatal(err)
		}
		public := k.Public()
		if _, err := m.Verify(public.JWK); err != nil || m.Device != "bridge-1" || m.KeyID != public.ID || m.Kind != attest.Commit {
			t.Errorf("%+v, %v", m.Header, err)
		}
		if r, err := waymark.ParseCommitReceipt(m.Payload); err != nil || r.Number != 3 {
			t.Errorf("says %+v, %v", r, err)
		}
	}
	if _, err := k.Sign(attest.JWS, attest.Commit, waymark.CommitReceipt{Device: "logger-1"}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("signed what no device would read: %v", err)
	}
}

// The id is the beginning of the key's thumbprint (RFC 7638), in hexadecimal, so that it is an id.
func TestKeyID(t *testing.T) {
	public := open(t, t.TempDir(), sign.FileName).Public()
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + public.JWK.X + `"}`))
	if want := hex.EncodeToString(sum[:8]); public.ID != want {
		t.Errorf("id %s, want %s", public.ID, want)
	}
	if x, err := base64.RawURLEncoding.DecodeString(public.JWK.X); err != nil || len(x) != 32 {
		t.Errorf("x: %d bytes, %v", len(x), err)
	}
}

func TestAKeyThatCannotBeUsed(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"others can read it": func(path string) error { return os.Chmod(path, 0o640) },
		"no PEM":             func(path string) error { return os.WriteFile(path, []byte("key"), 0o600) },
		"something after it": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, append(text, "more"...), 0o600)
		},
	} {
		dir := t.TempDir()
		open(t, dir, sign.FileName)
		if err := spoil(filepath.Join(dir, sign.FileName)); err != nil {
			t.Fatal(err)
		}
		if _, err := sign.Open(dir, sign.FileName, "bridge-1", "waymark"); err == nil {
			t.Errorf("%s: it is used", name)
		}
	}
}
