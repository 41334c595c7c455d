//go:build e2e

package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/way"
)

// stillWithin is how soon a peer that stands still is to be left.
const stillWithin = 20 * time.Second

// A peer that is stopped by SIGSTOP keeps its connections, and the kernel goes on for it: its
// gateway finds that out, says so at once instead of letting callers wait, and goes on when
// the peer does.
func TestAPeerThatIsStopped(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	a := operator(t, "producer")
	node := local.at.Members["producer"].Peer
	connected := `waymark_gateway_peer_connected{peer="` + node.Address + `"}`
	if got := metric(ctx, t, a, connected); got != "1" {
		t.Fatalf("before: %s", got)
	}
	pid, err := local.PID(ctx, "peer.producer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for metric(ctx, t, a, connected) != "0" {
		if time.Since(began) > stillWithin {
			t.Fatal("the gateway did not find out")
		}
		time.Sleep(faultInterval)
	}
	t.Logf("found out after %v", time.Since(began))
	status, _, err := a.Do(ctx, http.MethodGet, "/v1/members/producer", nil)
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("meanwhile: %d %v", status, err)
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for {
		_, err := a.Client.Member(ctx, waymark.MemberQuery{Member: "producer"})
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(faultInterval)
	}
	commission(ctx, t, name("item"))
}

// A way to the peer on which nothing passes any more is left for the next one in time, in the
// middle of writes, of which none fails.
func TestOneOfTwoPeersStandsStill(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	node := local.at.Members["producer"].Peer
	ways := []*way.Way{way.New(t, node.Address), way.New(t, node.Address)}
	producer := operatorAt(ctx, t, "producer", gatewayOver(t, "producer", ways[0].Address, ways[1].Address))
	commission(ctx, t, name("item")) // registers the product
	end, done := make(chan struct{}), make(chan error, 1)
	written := make(chan struct{}, 1)
	go func() { done <- commissionUntil(producer, end, written) }()
	<-written
	let := ways[0].Block()
	t.Cleanup(let)
	began := time.Now()
	for range 10 { // by the other one; the first may have been made before
		select {
		case <-written:
		case err := <-done:
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatal("nothing is written any more")
		}
	}
	if took := time.Since(began); took > stillWithin || ways[1].Used() == 0 {
		t.Errorf("it took %v; the second way was taken %d times", took, ways[1].Used())
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
