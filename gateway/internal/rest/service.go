package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/audit"
	"github.com/waymark-ledger/waymark/gateway/internal/health"
	"github.com/waymark-ledger/waymark/gateway/internal/leases"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
	"github.com/waymark-ledger/waymark/gateway/internal/throttle"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"github.com/waymark-ledger/waymark/gateway/internal/webhooks"
	"go.uber.org/zap"
)

// Options is what the service is made of. All are required unless they say otherwise.
type Options struct {
	Ledger        Ledger
	Model         Model               // of the same ledger
	Writer        Writer              // of what goes to the same ledger
	Offline       Offline             // over the same ledger
	Recorder      *messages.Recorder  // of messages, over the same ledger
	Bodies        Bodies              // of windows of the same ledger
	Settler       *settlement.Settler // by private terms, over the same ledger
	Webhooks      *webhooks.Book      // of events of the same model
	Leases        *leases.Book
	Authenticator Authenticator
	Limits        Limits
	Throttle      *throttle.Throttle // with a rate for each of its classes
	Origins       []string           // of pages that browsers may hand answers to; none, if empty
	Logger        *zap.Logger
	Audit         *audit.Log
	Health        *health.Monitor // served at /readyz
	Traces        *tracing.Provider
	Registry      *prometheus.Registry // served at /metrics
	MetricsApart  bool                 // /metrics is served elsewhere, and not here
	NoPage        bool                 // the reference page is not served
}

// Limits bound what callers can make the gateway hold.
type Limits struct {
	BodyBytes     int64 // of one request
	InFlight      int   // requests under /v1 served at once
	Streams       int   // of events, besides
	BytesInFlight int64 // of their bodies, the blocks fetched for them and large answers; at least each of the others
	BlockBytes    int64 // of the largest block, which a question that the ledger answers fetches whole
	CallerPercent int   // of InFlight, Streams and BytesInFlight that one caller can have; 1 to 100
}

// service is what the handlers work with.
type service struct {
	ledger     Ledger
	model      Model
	writer     Writer
	offline    Offline
	offers     map[waymark.Transaction]reader
	recorder   *messages.Recorder
	bodies     Bodies
	settler    *settlement.Settler
	webhooks   *webhooks.Book
	leases     *leases.Book
	auth       Authenticator
	admission  *admission
	streams    *admission      // of those that hold a place for hours
	stopping   context.Context //nolint:containedctx // it is done when streams are to end
	throttle   *throttle.Throttle
	origins    []string
	log        *zap.Logger
	audit      *audit.Log
	metrics    *metrics
	exposition *exposition
	health     *health.Monitor
	traces     *tracing.Provider
}

// Handlers serve the API.
type Handlers struct {
	API http.Handler // the whole of it
	// Health is of its routes those that say how the gateway is, without a rate: for an address
	// that only operators reach.
	Health http.Handler
	// Stop ends the streams, whose clients then connect elsewhere.
	Stop func()
}

// New makes the handlers. Their metrics are registered with o.Registry.
func New(o Options) Handlers {
	stopping, stop := context.WithCancel(context.Background())
	s := &service{
		ledger:     o.Ledger,
		model:      o.Model,
		writer:     o.Writer,
		offline:    o.Offline,
		offers:     offersOf(routes()),
		recorder:   o.Recorder,
		bodies:     o.Bodies,
		settler:    o.Settler,
		webhooks:   o.Webhooks,
		leases:     o.Leases,
		auth:       o.Authenticator,
		admission:  newAdmission(o.Limits),
		streams:    newAdmission(Limits{InFlight: o.Limits.Streams, CallerPercent: o.Limits.CallerPercent}),
		stopping:   stopping,
		throttle:   o.Throttle,
		origins:    o.Origins,
		log:        o.Logger,
		audit:      o.Audit,
		exposition: &exposition{gatherer: o.Registry},
		health:     o.Health,
		traces:     o.Traces,
	}
	s.metrics = newMetrics(o.Registry, s.admission.inFlight)
	all := routes()
	if o.MetricsApart {
		all = slices.DeleteFunc(all, func(r route) bool { return r.path == metricsPath })
	}
	if o.NoPage {
		all = slices.DeleteFunc(all, func(r route) bool { return strings.HasPrefix(r.path, pagePath) })
	}
	return Handlers{API: s.engine(all, s.rateElsewhere), Health: s.engine(healthRoutes()), Stop: stop}
}

// engine registers the table with Gin. What is asked of no route goes through elsewhere.
func (s *service) engine(all []route, elsewhere ...gin.HandlerFunc) *gin.Engine {
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // a redirect would be the one answer that is no problem document
	engine.Use(s.observe, s.recover, secure, shareWith(s.origins))
	engine.NoRoute(append(slices.Clone(elsewhere), noPath)...)
	engine.NoMethod(append(slices.Clone(elsewhere), otherMethod)...)
	for _, r := range all {
		engine.Handle(r.method, r.pattern(), s.chain(r)...)
		if r.method == http.MethodGet { // net/http sends the header of the answer only
			engine.Handle(http.MethodHead, r.pattern(), s.chain(r)...)
		}
	}
	return engine
}

// chain is what a request to r goes through.
func (s *service) chain(r route) []gin.HandlerFunc {
	begin := func(c *gin.Context) { exchangeOf(c).route = r }
	serve := func(c *gin.Context) {
		if err := r.serve(s, c); err != nil {
			fail(c, err)
		}
	}
	switch {
	case r.free:
		return []gin.HandlerFunc{begin, serve}
	case r.open:
		return []gin.HandlerFunc{begin, s.rate(r), serve}
	}
	return []gin.HandlerFunc{begin, s.authenticate, s.trace, s.rate(r), checkAccept(r), checkQuery(r), s.admit(r), serve}
}
