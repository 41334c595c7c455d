//go:build pkcs11

package fabric

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"go.uber.org/zap"
)

const pin = "98765432"

// softToken makes a SoftHSM token with the key in a file.
func softToken(t *testing.T, keyFile string) Token {
	t.Helper()
	libraries, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	libraries = append(libraries, "/usr/lib/softhsm/libsofthsm2.so")
	at := slices.IndexFunc(libraries, func(file string) bool { _, err := os.Stat(file); return err == nil })
	if err != nil || at < 0 {
		t.Fatal("SoftHSM is not installed")
	}
	dir := t.TempDir()
	config, pinFile := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "pin")
	for file, text := range map[string]string{config: "directories.tokendir = " + dir + "\n", pinFile: pin + "\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOFTHSM2_CONF", config)
	for _, args := range [][]string{
		{"--init-token", "--free", "--label", "waymark", "--so-pin", pin, "--pin", pin},
		{"--import", keyFile, "--token", "waymark", "--label", "operator", "--id", "0a1b", "--pin", pin},
	} {
		if output, err := exec.Command("softhsm2-util", args...).CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util %v: %v\n%s", args, err, output)
		}
	}
	return Token{Library: libraries[at], Label: "waymark", PINFile: pinFile, KeyID: "0a1b"}
}

// TestPKCS11 signs with a key in a token, and refuses tokens that do not fit. It is one test,
// since SoftHSM reads its configuration once in a process.
func TestPKCS11(t *testing.T) {
	certFile, keyFile, pair := selfSigned(t, t.TempDir())
	token := softToken(t, keyFile)
	otherCert, _, _ := selfSigned(t, t.TempDir())
	p := &fakePeer{}
	at := Peer{Address: serve(t, p, pair).address, CAFile: certFile}

	for name, change := range map[string]func(*Identity){
		"no such token":   func(i *Identity) { i.Token.Label = "none" },
		"no such key":     func(i *Identity) { i.Token.KeyID = "ff" },
		"no such library": func(i *Identity) { i.Token.Library = filepath.Join(t.TempDir(), "none.so") },
		"a wrong PIN":     func(i *Identity) { i.Token.PINFile = keyFile },
		"another's key":   func(i *Identity) { i.CertFile = otherCert },
	} {
		id := Identity{CertFile: certFile, Token: token}
		change(&id)
		c, err := New(configOf(id, at), keys.NewSet(zap.NewNop()), prometheus.NewRegistry())
		if err == nil {
			t.Errorf("%s: it was taken", name)
			_ = c.Close()
			continue
		}
		if strings.Contains(err.Error(), pin) {
			t.Errorf("%s: the error tells the PIN", name)
		}
	}

	c := connect(t, Identity{CertFile: certFile, Token: token}, at)
	for n := range 20 { // Fabric wants the lower of the two forms of each signature
		if _, err := c.Submit(t.Context(), suspend()); err != nil {
			t.Fatal(err)
		}
		if err := verified(certFile, p.last); err != nil {
			t.Fatal(fmt.Errorf("transaction %d: %w", n, err))
		}
	}
	if !bytes.Equal(p.creator, read(t, certFile)) {
		t.Error("the creator is another one")
	}
}

// verified checks the signature of an envelope as Fabric does.
func verified(certFile string, envelope *common.Envelope) error {
	certificate, err := readCertificate(certFile)
	if err != nil {
		return err
	}
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(envelope.GetSignature(), &signature); err != nil {
		return err
	}
	if half := new(big.Int).Rsh(elliptic.P256().Params().N, 1); signature.S.Cmp(half) > 0 {
		return errors.New("the signature is of the higher form")
	}
	digest := sha256.Sum256(envelope.GetPayload())
	if !ecdsa.VerifyASN1(certificate.PublicKey.(*ecdsa.PublicKey), digest[:], envelope.GetSignature()) {
		return errors.New("the signature is not the certificate's")
	}
	return nil
}
