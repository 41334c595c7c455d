package main

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"go.uber.org/zap"
)

// openRequests opens the database, and touches nothing in it yet.
func (p *parts) openRequests(c config.Config) error {
	db, err := database.Open(database.Config{SQLite: c.Database.SQLiteFile, PostgresFile: c.Database.PostgresDSNFile})
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	p.database = db
	p.requests = requests.NewRunner(requests.Options{
		Books: requests.NewSQL(db), Resolver: p.ledger, Ended: rest.AuditEnd(p.audit), Logger: p.log, Registry: p.registry,
		Limits: requests.Limits{
			Pending: c.Requests.Pending, Bytes: c.Requests.PendingBytes, CallerPercent: c.Limits.CallerPercent,
			Answer: c.Timeouts.Answer, Keep: c.Requests.Keep,
		},
	})
	return nil
}

// prepareDatabase brings the schema up to date. A file that cannot be used is a mistake of the
// configuration; a server that is away may come back.
func (p *parts) prepareDatabase(ctx context.Context, c config.Database) error {
	err := p.database.Prepare(ctx)
	if err != nil && c.PostgresDSNFile == "" {
		return fmt.Errorf("database %s: %w", c.SQLiteFile, err)
	}
	if err != nil {
		p.log.Warn("the database does not answer yet: nothing can be kept meanwhile", zap.Error(err))
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
