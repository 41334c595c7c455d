//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
	"github.com/waymark-ledger/waymark/test/internal/way"
)

// A gateway that knows two ways to peers of its member goes on by the second when the first
// is gone, in the middle of writes, and by the first again when the second is.
func TestOneOfTwoPeersGoes(t *testing.T) {
	ctx := limit(t, time.Minute)
	node := local.at.Members["producer"].Peer
	ways := []*way.Way{way.New(t, node.Address), way.New(t, node.Address)}
	producer := operatorAt(ctx, t, "producer", gatewayOver(t, "producer", ways[0].Address, ways[1].Address))
	commission(ctx, t, name("item")) // registers the product
	end, done := make(chan struct{}), make(chan error, 1)
	written := make(chan struct{}, 1)
	go func() { done <- commissionUntil(producer, end, written) }()
	for _, gone := range []int{0, 1, 0} {
		<-written
		ways[gone].Close()
		for range 10 { // by the other one
			select {
			case <-written:
			case err := <-done:
				t.Fatalf("without way %d: %v", gone, err)
			}
		}
		ways[gone].Open(t)
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if ways[0].Used() < 2 || ways[1].Used() < 2 {
		t.Errorf("the first way was taken %d times, the second %d times", ways[0].Used(), ways[1].Used())
	}
}

// commissionUntil makes items, one a request, until it is told to end, or is refused.
func commissionUntil(a *app.App, end <-chan struct{}, written chan<- struct{}) error {
	return repeat(end, faultInterval, func(ctx context.Context, n int) error {
		item := waymark.Item(app.GTIN, fmt.Sprintf("peers-%d", n)).String()
		_, _, err := app.Write[waymark.Commissioned](ctx, a, http.MethodPost, "/v1/goods:commission", waymark.CommissionRequest{Items: []string{item}})
		select {
		case written <- struct{}{}:
		default:
		}
		return err
	})
}

// gatewayOver starts another gateway of a member, which knows its peer by other addresses.
// The test stops it.
func gatewayOver(t *testing.T, member string, addresses ...string) (url string) {
	t.Helper()
	node := local.at.Members[member].Peer
	peers := "peers:\n"
	for _, address := range addresses {
		peers += fmt.Sprintf("  - {address: %q, ca_file: %q, server_name: %q}\n", address, node.CAFile, node.ServerName)
	}
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	return gatewayWith(t, filepath.Join(root, ".waymark", "bin", "gateway"), member, func(config string) string {
		return regexp.MustCompile(`(?m)^peers:\n( .*\n)+`).ReplaceAllString(config, peers)
	})
}

// gatewayWith starts another gateway of a member, with a configuration that is changed.
// The test stops it.
func gatewayWith(t *testing.T, program, member string, change func(string) string) (url string) {
	t.Helper()
	url, cmd := launch(t, program, member, change)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("another gateway of %s: %v", member, err)
		}
	})
	return url
}

// launch starts another gateway as gatewayWith does. The caller ends it.
func launch(t *testing.T, program, member string, change func(string) string) (url string, cmd *exec.Cmd) {
	t.Helper()
	written, err := os.ReadFile(filepath.Join(local.Dir(), "members", member, "gateway.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config, listen := change(string(written)), porttest.Address(t)
	if config == string(written) {
		t.Fatal("the configuration was not changed")
	}
	config = regexp.MustCompile(`(?m)^listen: .*$`).ReplaceAllString(config, fmt.Sprintf("listen: %q", listen))
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(program, "--config", file)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return "https://" + listen, cmd
}

// operatorAt acts as a member's operator at a gateway of its own, once that serves.
func operatorAt(ctx context.Context, t *testing.T, member, url string) *app.App {
	t.Helper()
	at := *local.at
	m := at.Members[member]
	m.GatewayURL = url
	at.Members = map[string]endpoints.Member{member: m}
	a, err := app.New(&at, member, waymark.Operator)
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, err := a.Client.Member(ctx, waymark.MemberQuery{Member: member})
		if err == nil {
			return a
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(faultInterval):
		}
	}
}
