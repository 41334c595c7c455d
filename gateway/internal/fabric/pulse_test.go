package fabric

import (
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"go.uber.org/zap"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// ice is a listener whose process can stand still: its connections stay, new ones are taken, and
// nothing is read from any or written to it.
type ice struct {
	net.Listener

	mu    sync.Mutex
	moves chan struct{} // closed while it does not stand still
}

func newIce(l net.Listener) *ice {
	i := &ice{Listener: l, moves: make(chan struct{})}
	close(i.moves)
	return i
}

func (i *ice) freeze() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.moves = make(chan struct{})
}

func (i *ice) thaw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case <-i.moves:
	default:
		close(i.moves)
	}
}

func (i *ice) wait() {
	i.mu.Lock()
	moves := i.moves
	i.mu.Unlock()
	<-moves
}

func (i *ice) Accept() (net.Conn, error) {
	conn, err := i.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return cold{conn, i}, nil
}

type cold struct {
	net.Conn
	ice *ice
}

func (c cold) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.ice.wait()
	return n, err
}

func (c cold) Write(b []byte) (int, error) {
	c.ice.wait()
	return c.Conn.Write(b)
}

// A peer that stands still and keeps its connection is left for the next one, and what was asked
// of it meanwhile is asked there (ASVS 5.0: 16.5.2).
func TestAPeerThatStandsStillIsLeft(t *testing.T) {
	certFile, keyFile, pair := selfSigned(t, t.TempDir())
	both := newChain()
	answer := func() ([]byte, error) { return []byte(`{}`), nil }
	a := serve(t, &fakePeer{chain: both, evaluate: answer}, pair)
	b := serve(t, &fakePeer{chain: both, evaluate: answer}, pair)
	registry := prometheus.NewRegistry()
	cfg := configOf(Identity{CertFile: certFile, KeyFile: keyFile}, Peer{Address: a.address, CAFile: certFile}, Peer{Address: b.address, CAFile: certFile})
	cfg.Timeouts.Evaluate = time.Minute
	c, err := New(cfg, keys.NewSet(zap.NewNop()), registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	await(t, func() bool { return c.Stream().Connected })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { pulse(ctx, grpc_health_v1.NewHealthClient(c.conn), c.links, time.Second) })
	defer running.Wait()
	defer cancel()
	a.ice.freeze()
	if _, err := c.Evaluate(t.Context(), ledger.Call{As: "operator", Transaction: waymark.DevicesGet}); err != nil {
		t.Errorf("a query: %v", err)
	}
	if _, err := c.Submit(t.Context(), suspend()); err != nil {
		t.Errorf("a write: %v", err)
	}
	if n := testutil.ToFloat64(c.links.silent.WithLabelValues(a.address)); n != 1 {
		t.Errorf("it was left %v times", n)
	}
	await(t, func() bool { return c.Stream().Connected && usedPeers(t, registry) == b.address })
}

// A peer that answers is not left, whatever it says: peers need not have the service of health.
func TestAPeerThatAnswersIsNotLeft(t *testing.T) {
	t.Parallel() // it waits
	const every = 2 * time.Second
	c := newClient(t, readable())
	before := c.links.now()
	ctx, cancel := context.WithTimeout(t.Context(), 7*every/2)
	defer cancel()
	pulse(ctx, grpc_health_v1.NewHealthClient(c.conn), c.links, every)
	if after := c.links.now(); len(before) != 1 || len(after) != 1 || before[0] != after[0] {
		t.Errorf("connections %v, before %v", after, before)
	}
}

// A peer that shows a certificate of a new authority is believed once the file of authorities
// has it, without a restart.
func TestAuthoritiesOfPeersAreFollowed(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, pair := selfSigned(t, dir)
	otherFile, _, otherPair := selfSigned(t, t.TempDir())
	first, second := serve(t, readable(), pair), serve(t, readable(), otherPair)
	authority := dir + "/ca.pem"
	copyTo := func(from string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(authority, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyTo(certFile)
	set := keys.NewSet(zap.NewNop())
	c := connectWith(t, set, Identity{CertFile: certFile, KeyFile: keyFile},
		Peer{Address: first.address, CAFile: authority}, Peer{Address: second.address, CAFile: authority})
	await(t, func() bool { return c.Ready(t.Context()) == nil })
	first.Stop()
	if err := c.Ready(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("the other authority is not known: %v", err)
	}
	copyTo(otherFile)
	look, cancel := context.WithCancel(t.Context())
	cancel()
	set.Run(look) // once
	await(t, func() bool { return c.Ready(t.Context()) == nil })
	if ends := set.Expires(); len(ends) != 3 {
		t.Errorf("the ends of %v are known", ends)
	}
}
