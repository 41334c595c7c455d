package profiled

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// slack is how much longer than its time a profile may take to come.
const slack = 30 * time.Second

// Source is where a process serves its profiles.
type Source struct{ network, address string }

// Of is the source of a process that was built or started to be profiled, of a local network or any other.
func Of(n *endpoints.Network, name string, pid int) (Source, error) {
	tier, member, _ := strings.Cut(name, ".")
	var node endpoints.Node
	switch tier {
	case "peer":
		node = n.Members[member].Peer
	case "orderer":
		node = n.Members[member].Orderer
	default:
		return Source{"unix", fmt.Sprintf("/proc/%d/cwd/%s", pid, socket)}, nil
	}
	host, port, err := net.SplitHostPort(node.Address)
	if err != nil {
		return Source{}, fmt.Errorf("where %s serves its profiles: %w", name, err)
	}
	own, err := strconv.Atoi(port)
	return Source{"tcp", net.JoinHostPort(host, strconv.Itoa(own+portsFrom))}, err
}

// Take writes profiles of the processors' time of all sources, and of this process as itself, from now on and
// for so long: each to a file NAME.pprof in a folder, which it makes.
func Take(ctx context.Context, dir, itself string, sources map[string]Source, seconds int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder for profiles: %w", err)
	}
	taken := make(chan error, len(sources)+1)
	var taking sync.WaitGroup
	take := func(name string, write func(io.Writer) error) {
		taking.Go(func() { taken <- save(filepath.Join(dir, name+".pprof"), write) })
	}
	take(itself, func(to io.Writer) error { return own(ctx, to, seconds) })
	for name, s := range sources {
		take(name, func(to io.Writer) error { return s.fetch(ctx, to, seconds) })
	}
	taking.Wait()
	close(taken)
	var failed error
	for err := range taken {
		failed = errors.Join(failed, err)
	}
	return failed
}

func save(path string, write func(io.Writer) error) error {
	file, err := os.Create(path) //nolint:gosec // below the folder that the caller names
	if err != nil {
		return fmt.Errorf("keep a profile: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// own profiles this process.
func own(ctx context.Context, to io.Writer, seconds int) error {
	if err := pprof.StartCPUProfile(to); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch asks a process for its profile.
func (s Source) fetch(ctx context.Context, to io.Writer, seconds int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+slack)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, s.network, s.address)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://profiled/debug/pprof/profile?seconds=%d", seconds), http.NoBody)
	if err != nil {
		return fmt.Errorf("ask for a profile: %w", err)
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("ask for a profile: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for a profile: status %d", answer.StatusCode)
	}
	if _, err := io.Copy(to, answer.Body); err != nil {
		return fmt.Errorf("receive a profile: %w", err)
	}
	return nil
}
