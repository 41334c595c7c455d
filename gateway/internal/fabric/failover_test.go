package fabric

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
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
	c := connect(t, Identity{CertFile: certFile, KeyFile: keyFile},
		Peer{Address: a.address, CAFile: certFile}, Peer{Address: b.address, CAFile: otherFile, ServerName: "127.0.0.1"})
	c.cfg.Timeouts.Commit = c.cfg.Timeouts.Total
	await(t, func() bool { return c.Stream().Connected })

	pending := make(chan error, 1)
	go func() {
		_, err := c.Submit(t.Context(), suspend())
		pending <- err
	}()
	await(t, func() bool { return ledgerOfBoth.holds() == 1 })
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
		if conn, err := dial([]Peer{{Address: "peer:1", CAFile: certFile}, peer}, testBlockBytes); err == nil {
			t.Errorf("%s: %v", name, conn)
		}
	}
}
