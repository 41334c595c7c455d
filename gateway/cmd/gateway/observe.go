package main

import (
	"context"
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"go.uber.org/zap"
)

// observation is what tells operators how the gateway is and what it did.
type observation struct {
	stderr   *outlet
	log      *zap.Logger
	level    zap.AtomicLevel // of log
	audit    *audit.Log
	registry *prometheus.Registry
	traces   *tracing.Provider
}

func observe(c config.Config, stderr io.Writer) (*observation, error) {
	o := &observation{registry: prometheus.NewRegistry()}
	o.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	o.stderr = newOutlet(stderr, maxUnwritten, o.registry)
	if err := o.open(c); err != nil {
		o.stderr.close()
		return nil, err
	}
	return o, nil
}

func (o *observation) open(c config.Config) (err error) {
	if o.log, o.level, err = newLogger(c.Log, o.stderr); err != nil {
		return err
	}
	o.traces, err = tracing.New(tracing.Options{
		Endpoint: c.Traces.Endpoint, CAFile: c.Traces.CAFile, TokenFile: c.Traces.TokenFile, Ratio: c.Traces.SampleRatio, Follow: c.Traces.Follow,
		Member: c.Member,
	}, o.log, o.registry)
	if err != nil {
		return err
	}
	if c.Log.AuditFile == "" {
		o.audit = audit.New(o.stderr, o.stderr, o.registry)
		return nil
	}
	if o.audit, err = audit.Open(c.Log.AuditFile, o.stderr, o.registry); err != nil {
		o.traces.Close()
	}
	return err
}

// reopenAudit is the reload.Part by which SIGHUP opens the audit log anew.
func (o *observation) reopenAudit(context.Context, config.Config) (func(), error) {
	return func() {
		if err := o.audit.Reopen(); err != nil { // the old one is written on
			o.log.Error("the audit log cannot be opened anew", zap.Error(err))
		}
	}, nil
}

// configured gives the audit log its line of a change of the configuration.
func (o *observation) configured(keys []string) {
	o.audit.Record(audit.Event{Kind: audit.Configuration, Outcome: audit.Done, Keys: keys})
}

// tokensChanged gives the audit log a line for each token that came or went.
func (o *observation) tokensChanged(changes []auth.Change) {
	for _, change := range changes {
		operation := "create"
		if change.Gone {
			operation = "revoke"
		}
		o.token(operation, change.Entry)
	}
}

// tokensFound gives the audit log a line for each token that is there at the start. By these
// shows what came or went while no gateway ran.
func (o *observation) tokensFound(tokens []auth.Change) {
	for _, found := range tokens {
		o.token("found", found.Entry)
	}
}

func (o *observation) token(operation string, e auth.Entry) {
	o.audit.Record(audit.Event{Kind: audit.Token, Outcome: audit.Done, Operation: operation, Target: e.CallerID(), Identity: e.Identity})
}

func (o *observation) close() error {
	o.traces.Close()
	err := o.audit.Close()
	o.stderr.close()
	return err
}
