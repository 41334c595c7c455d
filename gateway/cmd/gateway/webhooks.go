package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"sync"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
)

// openWebhooks makes what callers do with webhooks, and what delivers them; it delivers nothing yet.
func (p *parts) openWebhooks(c config.Webhooks, events *model.Reader) (*webhooks.Book, error) {
	guard, err := webhooks.NewGuard(c.AllowNetworks, c.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	roots, err := p.targetRoots(c.CAFile)
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

// targetRoots are the system's authorities and those in a file, if there is one; its certificates' ends are told.
func (p *parts) targetRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	if err := p.keys.Follow(keys.Measured("webhooks", map[string]string{"webhooks_ca": file})); err != nil {
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

// deliverWebhooks delivers until ctx is done or the function that it returns is called.
func (p *parts) deliverWebhooks(ctx context.Context, c config.Webhooks) (stop func()) {
	if c.Most == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { p.deliverer.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}
