package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
	"go.uber.org/zap"
)

// openStore opens the store of bodies, if there is one, and fails for a folder that is another's. A bucket is not asked yet.
func (p *parts) openStore(c config.Config) error {
	var medium bodies.Medium
	var err error
	key := "store.dir"
	switch {
	case !c.Store.Kept():
		return nil
	case c.Store.Dir == "":
		key = "store.s3"
		medium, err = p.openBucket(c.Store.S3)
	case p.looks:
		if medium, err = bodies.LookAtFolder(c.Store.Dir); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	default:
		if err = ownFolder(c); err == nil {
			medium, err = bodies.OpenFolder(c.Store.Dir)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	p.store = bodies.Own(medium, p.storeOwner(c), p.log)
	return nil
}

// storeOwner is whose bodies the gateway keeps.
func (p *parts) storeOwner(c config.Config) bodies.Owner {
	return bodies.Owner{Member: c.Member, Channel: c.Channel, Ledger: p.ledger.Genesis}
}

// ownFolder fails if store.dir is a folder that is another's, as far as that can be told without asking which ledger there is. It changes
// nothing.
func ownFolder(c config.Config) error {
	if info, err := os.Stat(c.Store.Dir); err != nil || !info.IsDir() {
		return nil //nolint:nilerr // whoever opens it says what it is
	}
	folder, err := bodies.LookAtFolder(c.Store.Dir)
	if err != nil {
		return err
	}
	_, err = bodies.Own(folder, bodies.Owner{Member: c.Member, Channel: c.Channel}, zap.NewNop()).CheckOwner(context.Background())
	return err
}

// openBucket opens a store in a bucket.
func (p *parts) openBucket(c config.S3) (*bodies.Bucket, error) {
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

// reader reads what the member anchored for callers.
func (p *parts) reader(c config.Config) *anchored.Reader {
	r := &anchored.Reader{Member: c.Member, Channel: c.Channel}
	if p.store != nil {
		r.Bodies = p.store
	}
	return r
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
