package main

import (
	"errors"
	"io"
	"net/http"

	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/fabric"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"github.com/waymark-ledger/waymark/gateway/internal/leases"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
)

// The parts fit the interfaces that the REST side declares.
var (
	_ rest.Ledger        = accepting{}
	_ rest.Offline       = (*fabric.Client)(nil)
	_ rest.Authenticator = (*auth.Authenticator)(nil)
	_ rest.Writer        = (*requests.Runner)(nil)
	_ requests.Resolver  = (*fabric.Client)(nil)
	_ model.Source       = (*fabric.Client)(nil)
	_ model.Ledger       = (*fabric.Client)(nil)
	_ model.Source       = (*anchored.Watch)(nil)
	_ anchored.Records   = (*model.Model)(nil)
	_ anchored.Checks    = (*model.Model)(nil)
	_ rest.Model         = (*model.Reader)(nil)
	_ webhooks.Source    = (*model.Reader)(nil)
)

// parts is the gateway, put together but not yet serving.
type parts struct {
	*observation
	ledger     *fabric.Client
	accepting  accepting
	database   *database.DB
	requests   *requests.Runner
	modelDB    *database.DB
	model      *model.Model
	feed       *model.Feed
	store      *bodies.Owned // nil if there is none
	looks      bool          // makes no store, and looks at the one that is there
	deliverer  *webhooks.Deliverer
	callers    *auth.Authenticator
	tokens     *tokens
	keys       *keys.Set
	server     *http.Server
	operations *http.Server  // nil if it has no address of its own
	follow     []reload.Part // what follows the configuration
}

// assemble reads every file that c names and wires the parts, which log to stderr.
func assemble(c config.Config, stderr io.Writer) (*parts, error) {
	return assembleTo(c, stderr, false)
}

// assembleTo assembles a gateway that serves, or one that only looks at what is there.
func assembleTo(c config.Config, stderr io.Writer, looks bool) (*parts, error) {
	o, err := observe(c, stderr)
	if err != nil {
		return nil, err
	}
	p := &parts{observation: o, looks: looks, keys: keys.NewSet(o.log), follow: []reload.Part{followLevel(o.level), o.reopenAudit}}
	if err := p.assemble(c); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *parts) assemble(c config.Config) error {
	p.registry.MustRegister(p.keys)
	if err := p.keys.Follow(keys.Measured("traces", collectorFiles(c.Traces))); err != nil {
		return err
	}
	door, err := newDoor(c, p.keys, p.tokensChanged)
	if err != nil {
		return err
	}
	p.tokens = &door.tokens
	limits := throttle.New(ratesOf(c.Limits.Rates))
	p.callers, p.follow = door.callers, append(p.follow, door.follow, followRates(limits, c.Limits.Rates))
	p.ledger, err = fabric.New(fabricConfig(c), p.keys, p.registry)
	if err != nil {
		return err
	}
	if err := errors.Join(p.openRequests(c), p.openStore(c), p.openModel(c)); err != nil {
		return err
	}
	reader := model.NewReader(p.model, p.ledger, ledger.Identity(c.OwnIdentity), c.Channel, p.traces.Parent, cursor.New(p.database))
	book, err := p.openWebhooks(c.Webhooks, reader)
	if err != nil {
		return err
	}
	handlers := rest.New(rest.Options{
		Ledger:        p.accepting,
		Model:         reader,
		Webhooks:      book,
		Leases:        leases.NewBook(p.database),
		Offline:       p.ledger,
		Writer:        p.requests,
		Recorder:      messages.NewRecorder(p.ledger, c.Timeouts.Total, p.anchoring(c)),
		Bodies:        p.reader(c),
		Settler:       settlement.NewSettler(p.ledger, c.Member),
		Authenticator: door.callers,
		Limits:        limitsOf(c.Limits),
		Throttle:      limits,
		Origins:       c.CORSOrigins,
		Logger:        p.log,
		Audit:         p.audit,
		Traces:        p.traces,
		Health:        health.New(p.health(), p.registry),
		Registry:      p.registry,
		MetricsApart:  c.ListenOperations != "",
		NoPage:        !c.ReferencePage,
	})
	p.server = newServer(c, receiving(handlers.API, c.Timeouts.Receive), door.tls(), p.log)
	p.server.RegisterOnShutdown(handlers.Stop)
	if c.ListenOperations != "" {
		p.operations = newOperations(c, handlers.Health, p.registry, door.tls(), p.log)
	}
	return nil
}

// close ends what is under way, the connections to database and peer, and writes out the logs.
func (p *parts) close() error {
	var err error
	if p.callers != nil {
		p.callers.Close()
	}
	if p.database != nil {
		err = p.closeRequests()
	}
	if p.modelDB != nil {
		err = errors.Join(err, p.modelDB.Close())
	}
	if p.ledger != nil {
		err = errors.Join(err, p.ledger.Close())
	}
	return errors.Join(err, p.observation.close())
}

// collectorFiles is the authority of the collector, if one is named.
func collectorFiles(c config.Traces) map[string]string {
	if c.CAFile == "" {
		return nil
	}
	return map[string]string{"traces_ca": c.CAFile}
}

func limitsOf(l config.Limits) rest.Limits {
	return rest.Limits{
		BodyBytes: l.BodyBytes, InFlight: l.InFlight, Streams: l.Streams, BytesInFlight: l.BytesInFlight, BlockBytes: l.BlockBytes, CallerPercent: l.CallerPercent,
	}
}

func fabricConfig(c config.Config) fabric.Config {
	identities := make(map[ledger.Identity]fabric.Identity, len(c.Identities))
	for name, i := range c.Identities {
		identities[ledger.Identity(name)] = fabric.Identity{CertFile: i.CertFile, KeyFile: i.KeyFile, Token: fabric.Token{
			Library: i.PKCS11.LibraryFile, Label: i.PKCS11.Token, PINFile: i.PKCS11.PINFile, KeyID: i.PKCS11.KeyID,
		}}
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

		CallerPercent: c.Limits.CallerPercent,
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
