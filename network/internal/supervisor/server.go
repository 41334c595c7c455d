package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// maxRequestBytes bounds what a client may send; a spec is a few kilobytes.
const maxRequestBytes = 1 << 20

// shutdownTimeout bounds the stop of all processes: each of the five tiers may use
// its whole grace.
const shutdownTimeout = 30 * time.Second

// Serve runs a supervisor on the unix socket until ctx ends or a client asks it
// to shut down, and stops every process before it returns. Only the owner of
// the socket can control it. It refuses to run beside another one.
func Serve(ctx context.Context, socket string) error {
	unlock, err := Lock(socket + ".lock")
	if err != nil {
		return fmt.Errorf("another supervisor runs: %w", err)
	}
	defer unlock()
	listener, err := listen(ctx, socket)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	processes := newSet(newSpawner(done))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	server := &http.Server{Handler: handler(processes, cancel), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	// ctx has ended; what is left to do must not end with it.
	stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer stop()
	return errors.Join(err, processes.stopAll(stopping), server.Shutdown(stopping))
}

// listen opens the socket for its owner alone.
func listen(ctx context.Context, socket string) (net.Listener, error) {
	// The lock is ours, so a socket that is there is a dead supervisor's.
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect control socket: %w", err), listener.Close())
	}
	return listener, nil
}

// handler serves the control interface; shutdown ends the supervisor.
func handler(processes *set, shutdown context.CancelFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /processes", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, processes.statuses(), nil)
	})
	mux.HandleFunc("PUT /processes/{name}", func(w http.ResponseWriter, r *http.Request) {
		var spec Spec
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBytes)).Decode(&spec); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		status, err := processes.ensure(r.Context(), spec)
		reply(w, status, err)
	})
	mux.HandleFunc("DELETE /processes/{name}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, processes.remove(r.Context(), r.PathValue("name")))
	})
	for action, do := range actions() {
		mux.HandleFunc("POST /processes/{name}/"+action, func(w http.ResponseWriter, r *http.Request) {
			p, err := processes.find(r.PathValue("name"))
			if err != nil {
				reply(w, nil, err)
				return
			}
			err = do(r.Context(), p)
			reply(w, p.status(), err)
		})
	}
	mux.HandleFunc("POST /shutdown", func(w http.ResponseWriter, r *http.Request) {
		err := processes.stopAll(r.Context())
		reply(w, processes.statuses(), err)
		shutdown()
	})
	return mux
}

// actions maps the last part of a path to what it does.
func actions() map[string]func(context.Context, *process) error {
	return map[string]func(context.Context, *process) error{
		"start": func(_ context.Context, p *process) error { return p.start() },
		"stop":  func(ctx context.Context, p *process) error { return p.stop(ctx) },
		"kill":  func(_ context.Context, p *process) error { return p.kill() },
	}
}

// reply writes value, or err as plain text.
func reply(w http.ResponseWriter, value any, err error) {
	switch {
	case errors.Is(err, ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/json")
		// A client that has gone away needs no answer.
		_ = json.NewEncoder(w).Encode(value)
	}
}
