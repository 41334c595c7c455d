package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/fabric"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// modelDatabase names the database of the read model.
func (p *parts) modelDatabase(c config.Config) database.Config {
	return database.Config{
		Kind: database.Model, SQLite: c.Database.ModelFile, PostgresFile: c.Database.PostgresDSNFile,
		Owner: database.Owner{Member: c.Member, Channel: c.Channel, Ledger: p.ledger.Genesis},

		CallerPercent: c.Limits.CallerPercent,
	}
}

// openModel opens the read model, and touches nothing in it yet.
func (p *parts) openModel(c config.Config) error {
	db, err := database.Open(p.modelDatabase(c))
	if err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	p.modelDB, p.model = db, model.New(db)
	watch := anchored.NewWatch(p.ledger, p.checker(c), p.log, p.registry)
	p.feed = model.NewFeed(p.model, watch, p.log, p.registry)
	p.accepting = accepting{Client: p.ledger, acceptor: anchored.NewAcceptor(p.ledger, p.model, watch)}
	return nil
}

// accepting is the ledger, with acceptances that say what the own peer's blocks say.
type accepting struct {
	*fabric.Client
	acceptor *anchored.Acceptor
}

// Submit implements rest.Ledger.
func (a accepting) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	return a.acceptor.Submit(ctx, call)
}

// feedModel feeds the read model until ctx is done or the function that it returns is called.
func (p *parts) feedModel(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { p.feed.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// errDiffers says that a read model is not as the ledger makes it.
var errDiffers = errors.New("the read model is not as the ledger makes it: gateway model rebuild makes it anew")

// checkModel compares the read model with the ledger. A gateway may be feeding it.
func checkModel(ctx context.Context, flags []string, stdout, stderr io.Writer) error {
	return withModel(ctx, flags, stderr, func(ctx context.Context, p *parts) error {
		if err := p.modelDB.Prepare(ctx); err != nil {
			return fmt.Errorf("%w (if the read model is the fault: %s)", err, remedy)
		}
		dir, err := os.MkdirTemp("", "waymark-model-")
		if err != nil {
			return fmt.Errorf("make a folder for the comparison: %w", err)
		}
		defer os.RemoveAll(dir)
		scratch, err := database.Open(database.Config{Kind: database.Model, SQLite: filepath.Join(dir, "model.db")}) //nolint:contextcheck // its writer has none
		if err != nil {
			return err
		}
		if err := scratch.Prepare(ctx); err != nil {
			return errors.Join(err, scratch.Close())
		}
		differences := 0
		height, err := p.model.Check(ctx, p.ledger, model.New(scratch), func(d model.Difference) {
			differences++
			fmt.Fprintln(stdout, d)
		})
		if err := errors.Join(err, scratch.Close()); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%d blocks compared, %d differences\n", height, differences)
		if differences > 0 {
			return errDiffers
		}
		return nil
	})
}

// rebuildModel makes the read model anew, also one that cannot be read. A gateway that is running goes on with it.
func rebuildModel(ctx context.Context, flags []string, stdout, stderr io.Writer) error {
	return withModel(ctx, flags, stderr, func(ctx context.Context, p *parts) error {
		height, err := p.ledger.Height(ctx)
		if err != nil {
			return err
		}
		if err := p.modelDB.Empty(ctx); err != nil {
			return fmt.Errorf("%w (if a gateway has the file open that cannot be read: stop it first)", err)
		}
		if err := p.model.Replay(ctx, p.ledger, height); err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "the read model is made of %d blocks\n", height)
		return err
	})
}

// withModel does something with the read model that --config names, and serves nothing.
func withModel(ctx context.Context, flags []string, stderr io.Writer, do func(context.Context, *parts) error) error {
	c, _, err := loadConfig(flags, stderr)
	if err != nil {
		return err
	}
	return within(ctx, c, stderr, do)
}

// within puts the gateway together, does something, and serves nothing.
func within(ctx context.Context, c config.Config, stderr io.Writer, do func(context.Context, *parts) error) error {
	c.Log.AuditFile = ""                  // that of the gateway that runs
	p, err := assembleTo(c, stderr, true) //nolint:contextcheck // handlers have the context of their request
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, p), p.close()) //nolint:contextcheck // ends in order though ctx is done
}

// remedy says what helps a read model that cannot be used: nothing in it is not on the ledger.
const remedy = "with the gateway stopped, gateway model rebuild makes it anew, whatever is in it"
