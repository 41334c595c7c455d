package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"go.uber.org/zap"
)

// serve runs the gateway until ctx is done, then lets the requests in flight
// end, for as long as timeouts.drain.
func serve(ctx context.Context, flags []string, stderr io.Writer) error {
	c, path, err := loadConfig(flags, stderr)
	if err != nil {
		return err
	}
	limitMemory(c.Limits.MemoryBytes)
	p, err := assemble(c, stderr) //nolint:contextcheck // handlers have the context of their request
	if err != nil {
		return err
	}
	if err := p.prepareDatabase(ctx, c.Database); err != nil {
		return errors.Join(err, p.close()) //nolint:contextcheck // ends in order though ctx is done
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", c.Listen, err), p.close()) //nolint:contextcheck // ends in order though ctx is done
	}
	unwatch, err := p.serveOperations(ctx, c.ListenOperations)
	if err != nil {
		return errors.Join(err, listener.Close(), p.close()) //nolint:contextcheck // ends in order though ctx is done
	}
	p.tokensFound(p.tokens.all())
	unfollow := p.followFile(ctx, path, c)
	p.requests.Start() //nolint:contextcheck // it goes on while requests are drained
	starve := p.feedModel(ctx)
	rest := p.deliverWebhooks(ctx, c.Webhooks)
	p.log.Info("serving", zap.String("member", c.Member), zap.String("address", listener.Addr().String()))
	err = p.serveUntil(ctx, listener, c)
	rest()
	starve()
	unfollow()
	unwatch()
	p.log.Info("stopped")
	return errors.Join(err, p.close()) //nolint:contextcheck // ends in order though ctx is done
}

// limitMemory asks the runtime to try to stay within so many bytes, unless the environment did.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// followFile lets the parts follow the configuration file at path, of which c was made, and
// the files of certificates, keys and tokens, until ctx is done or the function that it returns is called.
func (p *parts) followFile(ctx context.Context, path string, c config.Config) (stop func()) {
	follower := reload.New(reload.Options{
		Path: path, Environment: os.Environ(), Running: c, Parts: p.follow, Logger: p.log, Registry: p.registry,
		Still: p.keys.Still, Changed: p.configured,
	})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { follower.Run(ctx, signals) })
	running.Go(func() { p.keys.Run(ctx) })
	running.Go(func() { p.tokens.run(ctx) })
	return func() {
		cancel()
		running.Wait()
		signal.Stop(signals)
	}
}

func (p *parts) serveUntil(ctx context.Context, listener net.Listener, c config.Config) error {
	failed := make(chan error, 1)
	go func() { failed <- p.server.ServeTLS(listener, "", "") }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	p.log.Info("stopping", zap.Duration("drain", c.Timeouts.Drain))
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Timeouts.Drain)
	defer cancel()
	if err := p.server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("requests were still in flight: %w", err), p.server.Close())
	}
	return nil
}

// Bounds of one HTTP/2 connection.
const (
	maxStreams = 250 // requests at once
	// How much of bodies is received before a handler reads it. Nobody needs a credential to have
	// that held, so it is little; what is asked for by a handler flows on as fast as it reads.
	maxUnread       = 128 << 10
	maxUnreadStream = 64 << 10
)

func newServer(c config.Config, handler http.Handler, settings *tls.Config, log *zap.Logger) *http.Server {
	// net/http reports handshakes and the like that clients got wrong.
	complaints, err := zap.NewStdLogAt(log.Named("http"), zap.DebugLevel)
	if err != nil { // only for a level that does not exist
		complaints = zap.NewStdLog(log)
	}
	return &http.Server{
		Handler:           handler,
		TLSConfig:         settings,
		ReadHeaderTimeout: c.Timeouts.ReadHeader,
		ReadTimeout:       c.Timeouts.Read,
		WriteTimeout:      c.Timeouts.Write,
		IdleTimeout:       c.Timeouts.Idle,
		MaxHeaderBytes:    c.Limits.HeaderBytes,
		ErrorLog:          complaints,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          maxStreams,
			MaxReceiveBufferPerConnection: maxUnread,
			MaxReceiveBufferPerStream:     maxUnreadStream,
			// Of a connection that sends half a frame and no more, these are the only bounds.
			SendPingTimeout:  c.Timeouts.ReadHeader,
			PingTimeout:      c.Timeouts.ReadHeader,
			WriteByteTimeout: c.Timeouts.Receive,
		},
	}
}
