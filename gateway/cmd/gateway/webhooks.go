package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/lease"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
)

// openWebhooks makes what callers do with webhooks, and what delivers them; it delivers nothing yet.
func (p *parts) openWebhooks(c config.Webhooks, events *model.Reader) (*webhooks.Book, error) {
	guard, err := webhooks.NewGuard(c.AllowNetworks, c.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	roots, err := p.authorities("webhooks", "webhooks_ca", c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("webhooks.ca_file: %w", err)
	}
	store := webhooks.NewStore(p.database)
	limits := webhooks.Limits{Most: c.Most, PerIdentity: c.PerIdentity, Attempts: c.Attempts, DeadLetters: c.DeadLetters, Timeout: c.Timeout}
	p.deliverer = webhooks.NewDeliverer(webhooks.Options{
		Store: store, Source: events, Guard: guard, Roots: roots, Limits: limits, Logger: p.log, Registry: p.registry,
	})
	return webhooks.NewBook(store, events, guard, limits), nil
}

// authorities are the system's and those in a file, if there is one; the ends of its certificates are told under a name. part is
// whose they are.
func (p *parts) authorities(part, name, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	if err := p.keys.Follow(keys.Measured(part, map[string]string{name: file})); err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return roots, nil
}

// leasePause is how long a gateway waits after it could not have or lost the lease of webhooks.
const leasePause = time.Second

// deliverWebhooks delivers, while no other gateway over the same database does, until ctx is done or the function that it
// returns is called.
func (p *parts) deliverWebhooks(ctx context.Context, c config.Webhooks) (stop func()) {
	if c.Most == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	turn := lease.New(p.database, "webhooks")
	var running sync.WaitGroup
	running.Go(func() {
		for again := true; again; again = pause.For(ctx, leasePause) {
			_ = turn.Hold(ctx, func(ctx context.Context, _ lease.Term) error { // it fails with the database, of which readiness tells
				p.deliverer.Run(ctx)
				return nil
			})
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}
