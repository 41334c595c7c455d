//go:build e2e && pkcs11

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// A gateway whose operator's key is in a PKCS#11 token commits a transaction with it
// (ASVS 5.0: 13.3.3).
func TestPKCS11(t *testing.T) {
	ctx := limit(t, time.Minute)
	commission(ctx, t, name("item")) // registers the product
	pin := "98765432"
	operatorKey := local.at.Members["producer"].Identities["operator"].KeyFile
	dir := t.TempDir()
	conf, pinFile := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "pin")
	for file, text := range map[string]string{conf: "directories.tokendir = " + dir + "\n", pinFile: pin} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	for _, args := range [][]string{
		{"--init-token", "--free", "--label", "waymark", "--so-pin", pin, "--pin", pin},
		{"--import", operatorKey, "--token", "waymark", "--label", "operator", "--id", "0a1b", "--pin", pin},
	} {
		if output, err := exec.Command("softhsm2-util", args...).CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util %v: %v\n%s", args, err, output)
		}
	}
	token := "pkcs11: {library_file: " + softHSM(t) + ", token: waymark, pin_file: " + pinFile + `, key_id: "0a1b"}`
	program := filepath.Join(dir, "gateway")
	buildGateway(t, program)
	url := gatewayWith(t, program, "producer", func(config string) string {
		return regexp.MustCompile(`(?m)^    key_file: .*/operator/.*$`).ReplaceAllString(config, "    "+token)
	})
	a := operatorAt(ctx, t, "producer", url)
	item := waymark.Item(app.GTIN, name("pkcs11")).String()
	done(ctx, t, a.CommissionGoods, waymark.CommissionRequest{Items: []string{item}})
	if status, _, err := a.Do(ctx, http.MethodGet, "/readyz", nil); err != nil || status != http.StatusOK {
		t.Errorf("ready: %d, %v", status, err)
	}
}

func softHSM(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("SoftHSM is not installed")
	return ""
}

// buildGateway builds a gateway that knows PKCS#11.
func buildGateway(t *testing.T, to string) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-tags", "pkcs11", "-o", to, "./cmd/gateway")
	cmd.Dir = filepath.Join(root, "gateway")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, output)
	}
}
