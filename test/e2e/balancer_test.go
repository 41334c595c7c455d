//go:build e2e && postgres

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// balancer passes connections on to gateways that are ready, in turn, as what stands before replicas does. It reads nothing of them: TLS
// goes through.
type balancer struct {
	address  string
	listener net.Listener
	probe    http.Client
	passing  sync.WaitGroup
	stop     context.CancelFunc

	mu    sync.Mutex
	all   []string // addresses of gateways
	ready []string // of those that are
	next  int
}

// newBalancer serves until the test ends.
func newBalancer(t *testing.T, roots *x509.CertPool) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &balancer{address: listener.Addr().String(), listener: listener, stop: stop, probe: http.Client{
		Timeout: time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}}
	b.passing.Go(func() { b.look(ctx) })
	b.passing.Go(func() { b.accept(ctx) })
	t.Cleanup(func() {
		stop()
		listener.Close()
		b.passing.Wait()
	})
	return b
}

// use says which gateways there are.
func (b *balancer) use(all ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = all
}

// look asks each gateway again and again whether it is ready.
func (b *balancer) look(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		all := b.all
		b.mu.Unlock()
		var ready []string
		for _, address := range all {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/readyz", http.NoBody)
			if err != nil {
				continue
			}
			if answer, err := b.probe.Do(request); err == nil {
				answer.Body.Close()
				if answer.StatusCode == http.StatusOK {
					ready = append(ready, address)
				}
			}
		}
		b.mu.Lock()
		b.ready = ready
		b.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// isReady reports whether a gateway is.
func (b *balancer) isReady(address string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.ready, address)
}

func (b *balancer) accept(ctx context.Context) {
	for {
		from, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.passing.Go(func() { b.pass(ctx, from) })
	}
}

// pass passes on what goes over a connection, until either end closes it.
func (b *balancer) pass(ctx context.Context, from net.Conn) {
	defer from.Close()
	to := b.dial()
	if to == nil {
		return
	}
	defer to.Close()
	defer context.AfterFunc(ctx, func() { from.Close(); to.Close() })()
	var both sync.WaitGroup
	for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(ends[0], ends[1])
			from.Close()
			to.Close()
		})
	}
	both.Wait()
}

// dial connects to a gateway that is ready, or to the next one; nil if there is none.
func (b *balancer) dial() net.Conn {
	b.mu.Lock()
	ready := slices.Clone(b.ready)
	b.next++
	first := b.next
	b.mu.Unlock()
	for n := range ready {
		if to, err := net.DialTimeout("tcp", ready[(first+n)%len(ready)], time.Second); err == nil {
			return to
		}
	}
	return nil
}
