package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/followers"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// gateway is the one that is measured.
type gateway struct {
	site       command.Site
	network    *endpoints.Network
	operations string // address of its metrics
	process    usage.Process
	products   followers.Writer
}

// gatewayOf is the name of its process.
const gatewayOf = "gateway." + member

// restart starts it anew, and waits until it is ready.
func (g *gateway) restart(ctx context.Context) error {
	if err := g.site.Network.Stop(ctx, gatewayOf); err != nil {
		return err
	}
	return g.start(ctx)
}

func (g *gateway) start(ctx context.Context) error {
	if err := g.site.Network.Start(ctx, gatewayOf); err != nil {
		return err
	}
	pid, err := g.site.Network.PID(ctx, gatewayOf)
	if err != nil {
		return err
	}
	g.process = usage.Process(pid)
	c, err := g.client(waymark.Viewer)
	if err != nil {
		return err
	}
	defer c.Close()
	return until(ctx, func() (bool, error) {
		_, err := c.Readiness(ctx)
		return err == nil, nil
	})
}

// until asks again and again, for a minute at most, until something is so.
func until(ctx context.Context, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if ok, err := is(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// client acts as a role of the member, and makes each request once.
func (g *gateway) client(role waymark.Role) (*client.Client, error) {
	m := g.network.Members[member]
	roots, err := client.Roots(m.CAFile)
	if err != nil {
		return nil, err
	}
	return client.New(client.Options{URL: m.GatewayURL, Roots: roots, Token: client.Token(m.Tokens[string(role)]), Attempts: 1})
}

// metrics are those of the gateway that have no labels, now.
func (g *gateway) metrics(ctx context.Context) (map[string]float64, error) {
	roots, err := client.Roots(g.network.Members[member].CAFile)
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Options{URL: "https://" + g.operations, Roots: roots})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	answer, err := c.Do(ctx, client.Call{Method: http.MethodGet, Path: "/metrics"})
	if err != nil || answer.Status != http.StatusOK {
		return nil, fmt.Errorf("metrics: status %d, %w", answer.Status, err)
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(answer.Body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] = n
		}
	}
	return all, nil
}

// behind is how many blocks the read model is behind the peer.
func (g *gateway) behind(ctx context.Context) (int, error) {
	all, err := g.metrics(ctx)
	return max(int(all["waymark_gateway_block_number"]+1-all["waymark_gateway_model_blocks"]), 0), err
}

// ran is what a command used.
type ran struct{ took, cpu time.Duration }

// model runs a command about the read model while the gateway is stopped.
func (g *gateway) model(ctx context.Context, what string) (ran, error) {
	command.Progress("gateway model " + what)
	cmd := exec.CommandContext(ctx, filepath.Join(g.site.Root, ".waymark", "bin", "gateway"), "model", what, "--config", g.config()) //nolint:gosec // ours
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return ran{}, fmt.Errorf("gateway model %s: %w", what, err)
	}
	return ran{time.Since(began), cmd.ProcessState.SystemTime() + cmd.ProcessState.UserTime()}, nil
}
