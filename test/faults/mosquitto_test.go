//go:build e2e && linux

package faults_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// The settings of mqtt-bridge/README.md. Anybody's word for a user name is taken here.
const mosquittoSettings = `user root
allow_anonymous true
acl_file %[1]s/acl
listener %[2]d 127.0.0.1
%[3]spersistence true
persistence_location %[1]s/
autosave_on_changes true
autosave_interval 1
max_queued_messages 1000000
max_inflight_messages 1024
max_queued_bytes 0
`

const mosquittoACL = `user waymark-bridge
topic read waymark/v1/+/up
topic write waymark/v1/+/down
pattern write waymark/v1/%u/up
pattern read waymark/v1/%u/down
`

// brokerFile is the certificate, and its key, that the network's broker shows.
var brokerFile = regexp.MustCompile(`(?m)^ +(cert|key)_file: "(.*)"$`)

// atMosquitto starts a bridge that uses mosquitto.
func atMosquitto(ctx context.Context, t *testing.T) *site {
	t.Helper()
	m := newMosquitto(ctx, t)
	s := newSite(ctx, t, bridge.Options{External: m.url()})
	s.broker, s.logs = m.process(), append(s.logs, m.log.Name())
	return s
}

// mosquitto is a broker that is Debian's.
type mosquitto struct {
	settings, address string
	log               *os.File
	cmd               *exec.Cmd
}

// newMosquitto starts one. The end of the test ends it.
func newMosquitto(ctx context.Context, t *testing.T) *mosquitto {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	first, err := os.ReadFile(firstConfig())
	if err != nil {
		t.Fatal(err)
	}
	tls := ""
	for _, found := range brokerFile.FindAllStringSubmatch(string(first), -1) {
		tls += found[1] + "file " + found[2] + "\n"
	}
	for name, content := range map[string]string{"acl": mosquittoACL, "mosquitto.conf": fmt.Sprintf(mosquittoSettings, dir, port, tls)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.OpenFile(logFile("mosquitto"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	m := &mosquitto{log: log, settings: filepath.Join(dir, "mosquitto.conf"), address: fmt.Sprintf("127.0.0.1:%d", port)}
	if err := m.start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.kill(ctx) })
	return m
}

func (m *mosquitto) url() string { return "ssl://" + m.address }

func (m *mosquitto) process() process {
	return process{name: "mosquitto", pid: m.pid, kill: m.kill, start: m.start}
}

// start returns once it listens.
func (m *mosquitto) start(ctx context.Context) error {
	path := "/usr/sbin/mosquitto" // where Debian has it
	if found, err := exec.LookPath("mosquitto"); err == nil {
		path = found
	}
	m.cmd = exec.Command(path, "-c", m.settings)
	m.cmd.Stderr = m.log
	if err := m.cmd.Start(); err != nil {
		return err
	}
	for {
		connection, err := net.DialTimeout("tcp", m.address, time.Second)
		if err == nil {
			return connection.Close()
		}
		if ctx.Err() != nil {
			return err
		}
		pause(ctx, pollInterval)
	}
}

func (m *mosquitto) pid(context.Context) (int, error) { return m.cmd.Process.Pid, nil }

func (m *mosquitto) kill(context.Context) error {
	_ = m.cmd.Process.Kill() // it may have ended
	_ = m.cmd.Wait()         // killed
	return nil
}
