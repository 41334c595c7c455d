package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"go.uber.org/zap"
)

// profileTimeout is the longest that a profile may take to be made and sent.
const profileTimeout = 2 * time.Minute

// newOperations serves what only operators are to reach: metrics, health and profiles.
func newOperations(c config.Config, health http.Handler, registry *prometheus.Registry, settings *tls.Config, log *zap.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("GET /healthz", health)
	mux.Handle("GET /readyz", health)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := newServer(c, mux, settings, log)
	server.WriteTimeout = profileTimeout
	return server
}

// serveOperations serves them at address, if they have one, until stop is called: so long that
// a gateway that drains can still be watched.
func (p *parts) serveOperations(ctx context.Context, address string) (stop func(), err error) {
	if p.operations == nil {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen_operations: %w", err)
	}
	p.log.Info("serving operations", zap.String("address", listener.Addr().String()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.operations.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("operations are not served any more", zap.Error(err))
		}
	})
	return func() {
		if err := p.operations.Close(); err != nil {
			p.log.Warn("operations", zap.Error(err))
		}
		running.Wait()
	}, nil
}
