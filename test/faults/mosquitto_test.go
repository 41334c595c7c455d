//go:build e2e && linux

package faults_test

import (
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/mosquitto"
)

// brokerFile is the certificate, or its key, that the network's broker shows.
var brokerFile = regexp.MustCompile(`(?m)^ +(cert|key)_file: "(.*)"$`)

// atMosquitto starts a bridge that uses mosquitto.
func atMosquitto(ctx context.Context, t *testing.T) *site {
	t.Helper()
	return newMosquitto(ctx, t).site(ctx, t, "")
}

// debians is a broker that is Debian's, set up as docs/operations says.
type debians struct{ *mosquitto.Broker }

// newMosquitto starts one. The end of the test ends it.
func newMosquitto(ctx context.Context, t *testing.T) debians {
	t.Helper()
	first, err := os.ReadFile(firstConfig())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, found := range brokerFile.FindAllStringSubmatch(string(first), -1) {
		files[found[1]] = found[2]
	}
	m, err := mosquitto.New(mosquitto.Options{Root: local.root, Dir: t.TempDir(), CertFile: files["cert"], KeyFile: files["key"], LogFile: newLog("mosquitto"), Devices: porttest.Address(t), Bridges: porttest.Address(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Kill)
	return debians{m}
}

// site starts a bridge there, with more of its configuration.
func (m debians) site(ctx context.Context, t *testing.T, more string) *site {
	t.Helper()
	s := newSite(ctx, t, bridge.Options{External: m.Bridges, PasswordFile: m.PasswordFile, More: more})
	s.at.MQTT.URL, s.certificate = m.Devices, m.Certificate
	s.broker, s.logs = m.process(), append(s.logs, m.LogFile)
	return s
}

func (m debians) process() process {
	return process{
		name:  "mosquitto",
		pid:   func(context.Context) (int, error) { return m.PID(), nil },
		kill:  func(context.Context) error { m.Kill(); return nil },
		start: m.Start,
	}
}
