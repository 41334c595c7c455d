package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Second is one more bridge of a local network, with a broker of its own, that relays
// through another member's gateway.
type Second struct {
	// At is the network as seen with this bridge in place of the first.
	At *endpoints.Network
	// Config is its configuration's file.
	Config string

	process *exec.Cmd
	ended   chan error
}

// Options say where a second bridge runs.
type Options struct {
	Program string // the mqtt-bridge binary
	Network *endpoints.Network
	Member  string // whose gateway it relays through
	// First is the configuration of the network's own bridge, whose broker's certificate
	// this one shows too.
	First    string
	Dir      string // for its configuration, spool and store
	LogFile  string
	MQTTPort int
	HTTPPort int
	// External is the URL of a broker that the bridge is to use instead of one of its own, and Gateway that
	// of a gateway instead of the member's. Both may be empty.
	External string
	Gateway  string
	// PasswordFile is of the bridge at such a broker, and More is more of the configuration. Both may be empty.
	PasswordFile string
	More         string
	// Env is more of its environment.
	Env []string
}

// stopTimeout bounds how long a bridge may take to stop.
const stopTimeout = 20 * time.Second

// StartSecond starts a bridge and returns when it is ready.
func StartSecond(ctx context.Context, o Options) (*Second, error) {
	file, err := o.write()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(o.LogFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the bridge's log: %w", err)
	}
	defer func() { _ = log.Close() }()               // the process has its own
	cmd := exec.Command(o.Program, "--config", file) //nolint:gosec,noctx // our own program; Stop ends it
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, append(os.Environ(), o.Env...)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a second bridge: %w", err)
	}
	at := *o.Network
	at.MQTT.URL = o.broker()
	at.Bridge = endpoints.Bridge{URL: fmt.Sprintf("http://127.0.0.1:%d", o.HTTPPort), TokenFile: filepath.Join(o.Dir, "spool", "admin.token")}
	s := &Second{At: &at, Config: file, process: cmd, ended: make(chan error, 1)}
	go func() { s.ended <- cmd.Wait() }()
	if err := s.awaitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; %s", err, Explanation(o.LogFile)), s.Stop())
	}
	return s, nil
}

// certificate finds what the first bridge's broker shows.
var certificate = regexp.MustCompile(`(?m)^ +(?:cert|key)_file: .*$`)

// broker is where devices connect, and the bridge.
func (o Options) broker() string {
	if o.External != "" {
		return o.External
	}
	return fmt.Sprintf("ssl://127.0.0.1:%d", o.MQTTPort)
}

func (o Options) write() (string, error) {
	first, err := os.ReadFile(o.First)
	if err != nil {
		return "", fmt.Errorf("read the first bridge's configuration: %w", err)
	}
	lines := certificate.FindAllString(string(first), -1)
	if len(lines) != 2 {
		return "", fmt.Errorf("the first bridge's configuration names %d files of a certificate and its key, not 2", len(lines))
	}
	m := o.Network.Members[o.Member]
	token := filepath.Join(o.Dir, "relay.token")
	if err := os.WriteFile(token, []byte(m.Tokens[string(waymark.Relay)]), 0o600); err != nil {
		return "", fmt.Errorf("write the bridge's token: %w", err)
	}
	text := fmt.Sprintf("consortium: %s\nbroker: embedded\nembedded:\n  listen: \"127.0.0.1:%d\"\n%s\n%s\n",
		o.Network.Consortium, o.MQTTPort, lines[0], lines[1])
	if o.External != "" {
		text = fmt.Sprintf("consortium: %s\nbroker: external\nmqtt:\n  url: %q\n  ca_file: %q\n  username: waymark-bridge\n  password_file: %q\n",
			o.Network.Consortium, o.broker(), o.Network.MQTT.CAFile, o.PasswordFile)
	}
	gateway := m.GatewayURL
	if o.Gateway != "" {
		gateway = o.Gateway
	}
	text += fmt.Sprintf("gateway:\n  url: %q\n  ca_file: %q\n  token_file: %q\n", gateway, m.CAFile, token) +
		fmt.Sprintf("spool_dir: %q\nlisten: \"127.0.0.1:%d\"\n", filepath.Join(o.Dir, "spool"), o.HTTPPort) + o.More
	file := filepath.Join(o.Dir, "mqtt-bridge.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil { //nolint:gosec // in a folder of the test
		return "", fmt.Errorf("write the bridge's configuration: %w", err)
	}
	return file, nil
}

func (s *Second) awaitReady(ctx context.Context) error {
	for {
		if s.ready(ctx) {
			return nil
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the second bridge ended: %w", err)
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the second bridge is not ready: %w", ctx.Err())
		}
	}
}

func (s *Second) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.At.Bridge.URL+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// PID is the bridge's process.
func (s *Second) PID() int { return s.process.Process.Pid }

// Kill ends the bridge by SIGKILL, and returns once it is gone.
func (s *Second) Kill() {
	_ = s.process.Process.Kill() // it may have ended
	s.ended <- <-s.ended
}

// Stop ends the bridge in order, or by force if it takes too long.
func (s *Second) Stop() error {
	_ = s.process.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-s.ended:
		return err
	case <-time.After(stopTimeout):
		_ = s.process.Process.Kill()
		return errors.Join(errors.New("the second bridge did not stop"), <-s.ended)
	}
}
