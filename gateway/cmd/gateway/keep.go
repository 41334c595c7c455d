package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"go.uber.org/zap"
)

// openRequests opens the database, and touches nothing in it yet.
func (p *parts) openRequests(c config.Config) error {
	db, err := database.Open(database.Config{
		Kind: database.Requests, SQLite: c.Database.SQLiteFile, PostgresFile: c.Database.PostgresDSNFile,
		Owner: database.Owner{Member: c.Member, Channel: c.Channel, Ledger: p.ledger.Genesis},
	})
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	p.database = db
	p.requests = requests.NewRunner(requests.Options{
		Store: requests.NewSQL(db), Resolver: p.ledger, Ended: rest.AuditEnd(p.audit), Logger: p.log, Registry: p.registry,
		Limits: requests.Limits{
			Pending: c.Requests.Pending, Bytes: c.Requests.PendingBytes, CallerPercent: c.Limits.CallerPercent,
			Answer: c.Timeouts.Answer, Keep: c.Requests.Keep, KeptBytes: c.Requests.KeptBytes,
		},
	})
	return nil
}

// prepareDatabase brings the schema up to date. A file that cannot be used is a mistake of the
// configuration. A server that is away may come back, and so may the peer that says which ledger
// this is; and without a database that is this gateway's it can still do what keeps nothing.
func (p *parts) prepareDatabase(ctx context.Context, c config.Database) error {
	err := p.database.Prepare(ctx)
	var told *waymark.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, database.ErrLedgerUnknown):
		p.log.Warn("the database is not ready yet: nothing can be kept meanwhile", zap.Error(err))
	case errors.As(err, &told):
		p.log.Error("the database cannot be used: nothing is kept", zap.Error(err))
	case c.PostgresDSNFile != "":
		p.log.Warn("the database does not answer yet: nothing can be kept meanwhile", zap.Error(err))
	default:
		return fmt.Errorf("database %s: %w", c.SQLiteFile, err)
	}
	return nil
}

// endTimeout bounds how long writes that nobody waits for any more may take to end. What is
// kept is followed by another process, or by this one when it is started again.
const endTimeout = 5 * time.Second

// closeRequests ends what is under way.
func (p *parts) closeRequests() error {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	p.requests.Close(ctx)
	if err := p.database.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
