package tracing

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// Bounds of what waits for the collector and for how long. What does not fit is dropped.
const (
	maxSpans        = 4096
	exportTimeout   = 10 * time.Second
	retryFor        = 30 * time.Second
	shutdownTimeout = 5 * time.Second
)

// scope names the spans' maker.
const scope = "github.com/waymark-ledger/waymark/gateway"

// Options say where spans go. Without an Endpoint there are none.
type Options struct {
	Endpoint  string  // URL of the collector's OTLP receiver over HTTP, as in https://host:4318/v1/traces
	CAFile    string  // PEM, of the collector's certificate; the system's authorities if empty
	TokenFile string  // bearer token for the collector; none if empty
	Ratio     float64 // of the requests that are sampled, 0 to 1
	// Follow are the identities whose callers decide what is sampled of their requests that
	// are part of a trace of theirs.
	Follow []string
	Member string
}

// Provider makes spans.
type Provider struct {
	trace.TracerProvider
	follow       []string
	transactions *transactions
	stop         func()
}

// New makes a provider. It does not wait for the collector: what that does not take is counted,
// logged and lost. It fails when a file cannot be read.
func New(o Options, log *zap.Logger, registry prometheus.Registerer) (*Provider, error) {
	written := &transactions{in: make(map[string]trace.SpanContext)}
	if o.Endpoint == "" {
		return &Provider{TracerProvider: noop.NewTracerProvider(), transactions: written, stop: func() {}}, nil
	}
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	exporter := &counting{SpanExporter: otlptrace.NewUnstarted(client), log: log, failures: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "waymark_gateway_trace_export_failures_total",
		Help: "Batches of spans that the collector did not take.",
	})}
	registry.MustRegister(exporter.failures)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(chance{o.Ratio}),
		sdktrace.WithSpanProcessor(written),
		sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(maxSpans), sdktrace.WithExportTimeout(exportTimeout+retryFor)),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "waymark-gateway"), attribute.String("waymark.member", o.Member))),
	)
	return &Provider{TracerProvider: provider, follow: o.Follow, transactions: written, stop: func() { shutDown(provider, log) }}, nil
}

// Parent is the header traceparent (W3C Trace Context) by which others go on with the trace in which this gateway wrote a transaction;
// empty if it did not, did so long ago, or the trace is not sampled.
func (p *Provider) Parent(txID string) string { return p.transactions.parent(txID) }

// Close sends what is left, for five seconds at most. What the collector does not take by then is
// lost, and logged.
func (p *Provider) Close() { p.stop() }

func shutDown(provider *sdktrace.TracerProvider, log *zap.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := provider.Shutdown(ctx); err != nil {
		log.Warn("the last traces are lost", zap.Error(err))
	}
}

func newClient(o Options) (otlptrace.Client, error) {
	settings := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(o.Endpoint),
		otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: retryFor}),
	}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("traces.ca_file: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("traces.ca_file: %s holds no PEM certificate", o.CAFile)
		}
		settings = append(settings, otlptracehttp.WithTLSClientConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	}
	if o.TokenFile != "" {
		token, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("traces.token_file: %w", err)
		}
		settings = append(settings, otlptracehttp.WithHeaders(map[string]string{"Authorization": "Bearer " + strings.TrimSpace(string(token))}))
	}
	return otlptracehttp.NewClient(settings...), nil
}

// counting is an exporter whose failures are counted and logged, not handed to the library's
// global handler.
type counting struct {
	sdktrace.SpanExporter
	log      *zap.Logger
	failures prometheus.Counter
}

// ExportSpans never fails.
func (c *counting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := c.SpanExporter.ExportSpans(ctx, spans); err != nil {
		c.failures.Inc()
		c.log.Warn("the collector does not take traces", zap.Int("spans", len(spans)), zap.Error(err))
	}
	return nil
}
