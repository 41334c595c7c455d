package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

// errBodies says that bodies are not as the ledger names them.
var errBodies = errors.New("the store is not as the ledger names it: what is missing or altered has to come back from a backup of the store")

// checkBodies looks over the bodies of all windows that the member anchored, as the ledger of its peer has them. A
// gateway may be running.
func checkBodies(ctx context.Context, flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway fsck", flag.ContinueOnError)
	path := set.String("config", "", "configuration file (YAML)")
	deep := set.Bool("deep", false, "check the signature of every message too")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	c, _, err := loadConfig([]string{"--config", *path}, stderr)
	if err != nil {
		return err
	}
	if !c.Store.Kept() {
		return errors.New("neither store.dir nor store.s3 is set: there is no store to look over")
	}
	return within(ctx, c, stderr, func(ctx context.Context, p *parts) error { return p.fsck(ctx, c, *deep, stdout) })
}

func (p *parts) fsck(ctx context.Context, c config.Config, deep bool, stdout io.Writer) error {
	if err := p.storeThere(ctx, c.Store.Dir); err != nil {
		return err
	}
	overhaul := anchored.Overhaul{Member: c.Member, Channel: c.Channel, Bodies: p.store}
	height, err := p.ledger.Height(ctx)
	if err != nil {
		return err
	}
	if deep {
		if err := p.modelDB.Prepare(ctx); err != nil {
			return fmt.Errorf("%w (if the read model is the fault: %s)", err, remedy)
		}
		overhaul.Deep = p.model
	}
	wrong := 0
	windows, err := overhaul.Run(ctx, p.ledger, height, func(f anchored.Finding) {
		wrong++
		fmt.Fprintln(stdout, f)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d windows with a body in %d blocks, of %d the body is wrong\n", windows, height, wrong)
	if wrong > 0 {
		return errBodies
	}
	return nil
}

// storeThere fails if there is no store, or another's: then no body would be there, and nothing would be wrong with it.
func (p *parts) storeThere(ctx context.Context, dir string) error {
	if p.store == nil {
		return fmt.Errorf("store.dir: there is no folder %s: is its disk there?", dir)
	}
	signed, err := p.store.CheckOwner(ctx)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if !signed {
		p.log.Warn("nothing says whose the store of bodies is: no gateway has kept anything there yet, or it is another place than the gateway's")
	}
	return nil
}
