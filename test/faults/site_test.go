//go:build e2e && linux

package faults_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/way"
)

// site is a bridge and a broker.
type site struct {
	at             *endpoints.Network // as seen with this bridge
	config         string             // the bridge's file
	bridge, broker process            // of a site of its own
	others         []*site            // bridges that share the broker
	cluster        *cluster           // that is the broker
	way            *way.Way           // to the gateway
	disk           *disk              // of spool and broker
	logs           []string           // of bridges and broker
	// certificate gives a device one by which it logs in; nil where it logs in by its key.
	certificate func(device string) (*tls.Certificate, error)
}

// ours is the network's own.
func ours() *site {
	return &site{at: local.at, config: firstConfig(), logs: []string{logFile("mqtt-bridge")}}
}

// logFile is where a process of the network, or of a site, says what it does.
func logFile(name string) string { return filepath.Join(local.Dir(), "logs", name+".log") }

func ofBridge(_ context.Context, _ *testing.T, r *row) process { return r.bridge }
func ofBroker(_ context.Context, _ *testing.T, r *row) process { return r.broker }

// withBroker starts a bridge with a broker of its own, as the network has one.
func withBroker(ctx context.Context, t *testing.T) *site {
	t.Helper()
	return newSite(ctx, t, bridge.Options{})
}

// freePort is a port that nobody listens on until the test ends.
func freePort(t *testing.T) int {
	t.Helper()
	return int(netip.MustParseAddrPort(porttest.Address(t)).Port())
}

// started counts the parts of sites, of which each has a log of its own.
var started atomic.Int64

// newLog is the log of a part that is started for one row.
func newLog(name string) string { return logFile(fmt.Sprintf("%s.%d", name, started.Add(1))) }

// firstConfig is the configuration of the network's own bridge.
func firstConfig() string { return filepath.Join(local.Dir(), "bridge", "mqtt-bridge.yaml") }

// newSite starts one more bridge of the producer, with what the options say already.
func newSite(ctx context.Context, t *testing.T, o bridge.Options) *site {
	t.Helper()
	if o.Network == nil {
		o.Network = local.at
	}
	o.Program, o.Member, o.First = program("mqtt-bridge"), "producer", firstConfig()
	o.LogFile = newLog("mqtt-bridge")
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.MQTTPort, o.HTTPPort = freePort(t), freePort(t)
	second, err := bridge.StartSecond(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &site{at: second.At, config: second.Config, logs: []string{o.LogFile}, bridge: process{
		name: "bridge",
		pid:  func(context.Context) (int, error) { return second.PID(), nil },
		kill: func(context.Context) error { second.Kill(); return nil },
		start: func(ctx context.Context) (err error) {
			second, err = bridge.StartSecond(ctx, o)
			return err
		},
	}}
}
