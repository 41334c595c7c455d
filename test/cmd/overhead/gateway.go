package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// gateway is a client of the member's gateway. It makes each request once, each of those in
// flight on a connection of its own: that is how many applications would come.
type gateway struct{ client *client.Client }

func newGateway(n *endpoints.Network, connections int) (*gateway, error) {
	m := n.Members[member]
	roots, err := client.Roots(m.CAFile)
	if err != nil {
		return nil, err
	}
	var unknown error
	keep := func(t http.RoundTripper) http.RoundTripper {
		transport, ok := t.(*http.Transport)
		if !ok {
			unknown = fmt.Errorf("the client sends by a %T", t)
			return t
		}
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = connections, connections
		return transport
	}
	c, err := client.New(client.Options{
		URL: m.GatewayURL, Roots: roots, Token: client.Token(m.Tokens[string(role)]), Attempts: 1, Timeout: callTimeout, Wrap: keep,
	})
	return &gateway{c}, errors.Join(err, unknown)
}

func (g *gateway) close() { g.client.Close() }

// awaitReady waits until the gateway, which was started just now, can do its work.
func (g *gateway) awaitReady(ctx context.Context) error {
	const patience, pause = time.Minute, 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, err := g.client.Readiness(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the gateway is not ready: %w", errors.Join(err, ctx.Err()))
		case <-time.After(pause):
		}
	}
}

func (g *gateway) register(ctx context.Context, p waymark.RegisterProductRequest, options ...client.WriteOption) (waymark.Product, error) {
	written, err := g.client.RegisterProduct(ctx, p, options...)
	return written.Result, err
}

func (g *gateway) read(ctx context.Context, gtin string) (waymark.Product, error) {
	return g.client.Product(ctx, waymark.ProductQuery{GTIN: gtin})
}
