//go:build e2e && s3

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// inBucket is a configuration whose bodies are in the bucket of the S3 service that .ci/s3 runs.
func inBucket(t *testing.T, config string) string {
	t.Helper()
	own := t.TempDir()
	return strings.Replace(config, "store:\n  dir: bodies\n", fmt.Sprintf(
		"store:\n  s3: {endpoint: %q, bucket: waymark, prefix: bodies/, credentials_file: %q}\ndatabase: {sqlite_file: %q, model_file: %q}\n",
		os.Getenv("WAYMARK_S3"), os.Getenv("WAYMARK_S3_CREDENTIALS"), filepath.Join(own, "gateway.db"), filepath.Join(own, "model.db")), 1)
}

// P1, P8: a gateway keeps bodies in a bucket, shows the ledger from there what is picked, and fsck finds them, or says that they are missing.
func TestS3HasTheBodies(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	url, cmd := launch(t, filepath.Join(root, ".waymark", "bin", "gateway"), "producer", func(config string) string { return inBucket(t, config) })
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	gateway := operatorAt(ctx, t, "producer", url)
	d := logger(ctx, t, attest.Ed25519)
	if err := app.Settle(ctx, anchors(ctx, t, d), gateway); err != nil {
		t.Fatal(err)
	}
	var last uint64
	for range 9 { // one more than are checked at once
		written, err := gateway.Client.RecordMessages(ctx, waymark.Disclosures{Messages: []string{sign(t, d, attest.COSE, 400).Text(), sign(t, d, attest.JWS, 410).Text()}})
		if err != nil {
			t.Fatal(err)
		}
		last = written.Result.Results[1].Sequence
	}
	w, err := gateway.Client.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: last})
	if err != nil || w.Body == "" {
		t.Fatalf("window %+v, %v", w, err)
	}
	for at := (waymark.Stream{}); at.Anchored == nil || at.Anchored.Checked == 0; time.Sleep(100 * time.Millisecond) {
		if at, err = gateway.Client.Stream(ctx, waymark.DeviceQuery{Device: d.ID()}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, status := range map[string]int{"bodies/": 0, "other/": 1} {
		output, got := gatewayCommand(ctx, t, "producer", []string{"fsck"}, "WAYMARK_GATEWAY_STORE__DIR=", "WAYMARK_GATEWAY_STORE__S3__ENDPOINT="+os.Getenv("WAYMARK_S3"),
			"WAYMARK_GATEWAY_STORE__S3__BUCKET=waymark", "WAYMARK_GATEWAY_STORE__S3__PREFIX="+prefix, "WAYMARK_GATEWAY_STORE__S3__CREDENTIALS_FILE="+os.Getenv("WAYMARK_S3_CREDENTIALS"))
		if got != status || strings.Contains(output, ": missing: body "+w.Body) != (status != 0) {
			t.Errorf("%s: exit status %d:\n%s", prefix, got, output)
		}
	}
}
