package main

import (
	"fmt"
	"net/url"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

// openStore opens the store of bodies, if there is one.
func (p *parts) openStore(c config.Store) (err error) {
	switch {
	case !c.Kept():
		return nil
	case c.Dir != "":
		if p.store, err = bodies.OpenFolder(c.Dir); err != nil {
			return fmt.Errorf("store.dir: %w", err)
		}
	default:
		if p.store, err = p.openBucket(c.S3); err != nil {
			return fmt.Errorf("store.s3: %w", err)
		}
	}
	return nil
}

// openBucket opens a store in a bucket.
func (p *parts) openBucket(c config.S3) (bodies.Store, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	roots, err := p.authorities("store", "store_ca", c.CAFile)
	if err != nil {
		return nil, err
	}
	return bodies.OpenBucket(bodies.BucketOptions{
		Endpoint: endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, CredentialsFile: c.CredentialsFile, Roots: roots,
	})
}

// anchoring is what the recorder anchors with, nil if there is no store.
func (p *parts) anchoring(c config.Config) *messages.Anchoring {
	if p.store == nil {
		return nil
	}
	return &messages.Anchoring{Member: c.Member, Channel: c.Channel, Devices: p.model, Bodies: p.store}
}

// checker sends the checks of what is anchored, nil if there is no store.
func (p *parts) checker(c config.Config) *anchored.Checker {
	if p.store == nil {
		return nil
	}
	return anchored.NewChecker(anchored.Options{
		Member: c.Member, Channel: c.Channel, As: ledger.Identity(c.Store.Identity), Ledger: p.ledger, Records: p.model, Bodies: p.store,
		Timeout: c.Timeouts.Total, Logger: p.log, Registry: p.registry,
	})
}
