package altered

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// Variable names the file of the Lie to the forger command.
const Variable = "FORGED_WRITES"

// startTimeout bounds the start of the process.
const startTimeout = 20 * time.Second

// Chaincode is the process of a member that lies.
type Chaincode struct {
	network *localnet.Network
	member  string
	writes  string // the file
	running *exec.Cmd
}

// Start stops the chaincode of a member and starts program, the forger command, in its
// place. What it keeps is in dir. It forges nothing until it is told what.
func Start(ctx context.Context, n *localnet.Network, member, program, dir string) (*Chaincode, error) {
	p, err := packageOf(n, member)
	if err != nil {
		return nil, err
	}
	c := &Chaincode{network: n, member: member, writes: filepath.Join(dir, "forged.json")}
	if err := c.Forge(nil); err != nil {
		return nil, err
	}
	issued := filepath.Join(n.Dir(), "crypto", "issued", member, "chaincode", "server")
	c.running = exec.Command(program)
	c.running.Env = []string{
		Variable + "=" + c.writes,
		"CHAINCODE_ID=" + p.id,
		"CHAINCODE_SERVER_ADDRESS=" + p.connection.Address,
		"CHAINCODE_TLS_CERT_FILE=" + filepath.Join(issued, "cert.pem"),
		"CHAINCODE_TLS_KEY_FILE=" + filepath.Join(issued, "key.pem"),
		"CHAINCODE_TLS_CLIENT_CA_FILE=" + filepath.Join(dir, "root.pem"),
	}
	c.running.Stderr = os.Stderr
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), []byte(p.connection.Root), 0o600); err != nil {
		return nil, fmt.Errorf("write certificate: %w", err)
	}
	if err := n.Stop(ctx, "chaincode."+member); err != nil {
		return nil, err
	}
	if err := c.running.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the altered chaincode: %w", err), n.Start(ctx, "chaincode."+member))
	}
	if err := await(ctx, p.connection.Address); err != nil {
		return nil, errors.Join(err, c.End(ctx))
	}
	return c, nil
}

// Lie is what the chaincode does, whatever it is asked.
type Lie struct {
	Writes         []fixture.Write
	Event, Payload string // what it tells beside it, nothing if it is empty
}

// Forge sets what the chaincode writes from now on. It tells of nothing.
func (c *Chaincode) Forge(writes []fixture.Write) error { return c.Lie(Lie{Writes: writes}) }

// Lie sets what the chaincode does from now on.
func (c *Chaincode) Lie(lie Lie) error {
	content, err := json.Marshal(lie)
	if err != nil {
		return fmt.Errorf("encode what to forge: %w", err)
	}
	if err := os.WriteFile(c.writes, content, 0o600); err != nil {
		return fmt.Errorf("write what to forge: %w", err)
	}
	return nil
}

// End puts the member's own chaincode back.
func (c *Chaincode) End(ctx context.Context) error {
	if c.running == nil {
		return nil
	}
	err := c.running.Process.Kill()
	_ = c.running.Wait() // it was killed
	c.running = nil
	return errors.Join(err, c.network.Start(ctx, "chaincode."+c.member))
}

// await waits until something serves at an address.
func await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the altered chaincode does not serve: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
