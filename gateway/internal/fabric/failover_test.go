package fabric

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"go.uber.org/zap"
)

// When the peer dies that all calls go to, they go to the next one, and so do the blocks:
// also of what was submitted to the first (ASVS 5.0: 16.5.2).
func TestTheNextPeerTakesOver(t *testing.T) {
	certFile, keyFile, pair := selfSigned(t, t.TempDir())
	otherFile, _, otherPair := selfSigned(t, t.TempDir())
	ledgerOfBoth := newChain()
	answer := func() ([]byte, error) { return []byte(`{}`), nil }
	first := &fakePeer{chain: ledgerOfBoth, evaluate: answer, fate: []fateAnswer{{held: true}}}
	second := &fakePeer{chain: ledgerOfBoth, evaluate: answer}
	a, b := serve(t, first, pair), serve(t, second, otherPair)
	cfg := configOf(Identity{CertFile: certFile, KeyFile: keyFile},
		Peer{Address: a.address, CAFile: certFile}, Peer{Address: b.address, CAFile: otherFile, ServerName: "127.0.0.1"})
	registry := prometheus.NewRegistry()
	c, err := New(cfg, keys.NewSet(zap.NewNop()), registry)
	if err != nil {
		t.Fatal(err)
	}
	used := func() string { return usedPeers(t, registry) }
	c.cfg.Timeouts.Commit = c.cfg.Timeouts.Total
	await(t, func() bool { return c.Stream().Connected })

	pending := make(chan error, 1)
	go func() {
		_, err := c.Submit(t.Context(), suspend())
		pending <- err
	}()
	await(t, func() bool { return ledgerOfBoth.holds() == 1 })
	if got := used(); got != a.address {
		t.Errorf("used: %s, want %s", got, a.address)
	}
	if first.submitted != 1 || second.submitted != 0 {
		t.Errorf("submitted %d to the first, %d to the second", first.submitted, second.submitted)
	}
	a.Stop()
	for range 5 {
		if _, err := c.Evaluate(t.Context(), ledger.Call{As: "operator", Transaction: waymark.DevicesGet}); err != nil {
			t.Errorf("a query after the first peer's death: %v", err)
		}
	}
	ledgerOfBoth.release()
	if err := <-pending; err != nil {
		t.Errorf("what was submitted to the first: %v", err)
	}
	if _, err := c.Submit(t.Context(), suspend()); err != nil || second.submitted != 1 {
		t.Errorf("a write after the first peer's death: %v; submitted %d", err, second.submitted)
	}
	await(t, func() bool { return c.Stream().Connected })
	if got := used(); got != b.address {
		t.Errorf("used: %s, want %s", got, b.address)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return used() == "" })
}

// usedPeers returns the peers to which there is a connection.
func usedPeers(t *testing.T, registry prometheus.Gatherer) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, family := range families {
		if family.GetName() != "waymark_gateway_peer_connected" {
			continue
		}
		for _, sample := range family.GetMetric() {
			if sample.GetGauge().GetValue() > 0 {
				used = append(used, sample.GetLabel()[0].GetValue())
			}
		}
	}
	return strings.Join(used, " ")
}

// A peer that cannot show the name that is expected of it is not spoken to (ASVS 5.0: 12.3.2).
func TestPeerByAnotherName(t *testing.T) {
	certFile, keyFile, pair := selfSigned(t, t.TempDir())
	a := serve(t, &fakePeer{evaluate: func() ([]byte, error) { return nil, nil }}, pair)
	c := connect(t, Identity{CertFile: certFile, KeyFile: keyFile}, Peer{Address: a.address, CAFile: certFile, ServerName: "peer.producer"})
	if err := c.Ready(t.Context()); waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

func TestPeersThatCannotBe(t *testing.T) {
	certFile, keyFile, _ := selfSigned(t, t.TempDir())
	for name, peer := range map[string]Peer{
		"no port":      {Address: "peer", CAFile: certFile},
		"no authority": {Address: "peer:1", CAFile: filepath.Join(t.TempDir(), "none")},
		"a key for it": {Address: "peer:1", CAFile: keyFile},
	} {
		cfg := configOf(Identity{CertFile: certFile, KeyFile: keyFile}, Peer{Address: "peer:1", CAFile: certFile}, peer)
		if c, err := New(cfg, keys.NewSet(zap.NewNop()), prometheus.NewRegistry()); err == nil {
			t.Errorf("%s: %v", name, c.Close())
		}
	}
}
