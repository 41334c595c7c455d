package main

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/fabric"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
	"go.uber.org/zap"
)

// The parts fit the interfaces that the REST side declares.
var (
	_ rest.Ledger        = (*fabric.Client)(nil)
	_ rest.Authenticator = (*auth.Authenticator)(nil)
)

// parts is the gateway, put together but not yet serving.
type parts struct {
	log      *zap.Logger
	registry *prometheus.Registry
	ledger   *fabric.Client
	callers  *auth.Authenticator
	server   *http.Server
	follow   []reload.Part // what follows the configuration
}

// assemble reads every file that c names and wires the parts.
func assemble(c config.Config) (*parts, error) {
	log, level, err := newLogger(c.Log)
	if err != nil {
		return nil, err
	}
	door, err := newDoor(c)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	client, err := fabric.New(fabricConfig(c), registry)
	if err != nil {
		return nil, err
	}
	handler, err := rest.New(rest.Options{
		Ledger:        client,
		Recorder:      messages.NewRecorder(client, c.Timeouts.Total),
		Settler:       settlement.NewSettler(client, c.Member),
		Authenticator: door.callers,
		Limits:        limitsOf(c.Limits),
		Logger:        log,
		Registry:      registry,
	})
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &parts{
		log: log, registry: registry, ledger: client, callers: door.callers, server: newServer(c, handler, door.tls(), log),
		follow: []reload.Part{followLevel(level), door.follow},
	}, nil
}

// close ends the connection to the peer and writes out the log.
func (p *parts) close() error {
	p.callers.Close()
	err := p.ledger.Close()
	_ = p.log.Sync() // fails on terminals and pipes, where there is nothing to sync
	return err
}

func limitsOf(l config.Limits) rest.Limits {
	return rest.Limits{BodyBytes: l.BodyBytes, InFlight: l.InFlight, BytesInFlight: l.BytesInFlight, BlockBytes: l.BlockBytes}
}

func fabricConfig(c config.Config) fabric.Config {
	identities := make(map[ledger.Identity]fabric.Identity, len(c.Identities))
	for name, i := range c.Identities {
		identities[ledger.Identity(name)] = fabric.Identity{CertFile: i.CertFile, KeyFile: i.KeyFile}
	}
	peers := make([]fabric.Peer, len(c.Peers))
	for n, p := range c.Peers {
		peers[n] = fabric.Peer(p)
	}
	return fabric.Config{
		Member:     c.Member,
		Channel:    c.Channel,
		Chaincode:  c.Chaincode,
		Peers:      peers,
		Identities: identities,
		Own:        ledger.Identity(c.OwnIdentity),
		BlockBytes: int(c.Limits.BlockBytes),
		Timeouts: fabric.Timeouts{
			Evaluate: c.Timeouts.Evaluate,
			Endorse:  c.Timeouts.Endorse,
			Submit:   c.Timeouts.Submit,
			Commit:   c.Timeouts.Commit,
			Lookup:   c.Timeouts.Lookup,
			Total:    c.Timeouts.Total,
		},
	}
}
