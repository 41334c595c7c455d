package consortium

import (
	"context"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/network/internal/artifact"
	"github.com/waymark-ledger/waymark/network/internal/lifecycle"
	"github.com/waymark-ledger/waymark/network/internal/pki"
	"github.com/waymark-ledger/waymark/network/internal/progress"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/toolchain"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// Consortium is a local network that can be brought up and down.
type Consortium struct {
	network topology.Network
	control *supervisor.Client
	log     *progress.Log
	// superviseArgv is the command line of the supervisor.
	superviseArgv []string
}

// New returns the consortium with the given settings. superviseArgv is a
// command line that calls supervisor.Serve on the network's socket.
func New(n topology.Network, log *progress.Log, superviseArgv []string) (*Consortium, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	return &Consortium{network: n, control: supervisor.Dial(n.Socket()), log: log, superviseArgv: superviseArgv}, nil
}

// Options say how much to bring up.
type Options struct {
	// FabricOnly leaves out gateways and bridge, for work on the chaincode.
	FabricOnly bool
}

// Targets are the programs that Up needs.
func (o Options) Targets() []toolchain.Target {
	targets := []toolchain.Target{toolchain.Fabric(), toolchain.Chaincode()}
	if o.FabricOnly {
		return targets
	}
	return append(targets, toolchain.Applications()...)
}

// stage is one step of Up.
type stage struct {
	name string
	do   func(context.Context) error
}

// Up brings the network up, or what of it is down, and returns when a
// transaction has been submitted and committed through every gateway. It is
// safe to repeat.
func (c *Consortium) Up(ctx context.Context, opts Options) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if missing := (toolchain.Builder{Bin: c.network.Bin}).Missing(opts.Targets()...); missing != "" {
		return fmt.Errorf("program %s is missing: run `network build`", missing)
	}
	if err := c.checkPorts(ctx, c.units(opts)); err != nil {
		return err
	}
	state, err := c.claim()
	if err != nil {
		return err
	}
	packages := make(map[string]string)
	stages := c.foundation(packages)
	if !state.Deployed {
		stages = append(stages, c.deployment(packages, state)...)
	}
	stages = append(stages, c.applications(opts)...)
	for _, s := range stages {
		if err := c.log.Stage(s.name, func() error { return s.do(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	c.log.Done("up; " + c.network.EndpointsFile() + " says where everything is")
	return nil
}

// foundation starts Fabric and the chaincode, and fills packages with the
// package id of each member.
func (c *Consortium) foundation(packages map[string]string) []stage {
	n := c.network
	return []stage{
		{"make keys and certificates", func(ctx context.Context) error { return pki.Generate(ctx, n) }},
		{"write configuration and genesis block", func(ctx context.Context) error { return c.write(ctx, packages) }},
		{"start supervisor", c.supervise},
		{"start orderers", func(ctx context.Context) error {
			return c.startAll(ctx, forEach(func(m topology.Member) unit { return ordererUnit(n, m) }))
		}},
		{"start peers", func(ctx context.Context) error {
			return c.startInTurn(ctx, forEach(func(m topology.Member) unit { return peerUnit(n, m) }))
		}},
		{"start chaincode", func(ctx context.Context) error {
			return c.startAll(ctx, forEach(func(m topology.Member) unit { return chaincodeUnit(n, m, packages[m.ID]) }))
		}},
	}
}

// deployment makes the channel and commits the chaincode on it: once.
func (c *Consortium) deployment(packages map[string]string, state State) []stage {
	deploy := lifecycle.New(c.network)
	return []stage{
		{"join orderers to channel " + c.network.Channel, deploy.JoinOrderers},
		{"join peers", deploy.JoinPeers},
		{"install chaincode packages", deploy.Install},
		{"approve chaincode, each member", func(ctx context.Context) error { return deploy.Approve(ctx, packages) }},
		{"commit chaincode", func(ctx context.Context) error {
			if err := deploy.Commit(ctx); err != nil {
				return err
			}
			state.Deployed = true
			return state.save(c.network)
		}},
	}
}

// applications starts what stands on Fabric, and proves that it works.
func (c *Consortium) applications(opts Options) []stage {
	n := c.network
	publish := stage{"write endpoints.json", func(context.Context) error { return c.publish() }}
	acquaint := stage{"acquaint peers with one another", lifecycle.New(n).Acquaint}
	if opts.FabricOnly {
		return []stage{{"ask chaincode through each peer", lifecycle.New(n).Answer}, acquaint, publish}
	}
	return []stage{
		{"start gateways", func(ctx context.Context) error {
			return c.startAll(ctx, forEach(func(m topology.Member) unit { return gatewayUnit(n, m) }))
		}},
		{"register members, through each gateway", c.register},
		{"start mqtt-bridge", func(ctx context.Context) error {
			return c.startAll(ctx, []unit{bridgeUnit(n, bridgeOwner())})
		}},
		acquaint,
		publish,
	}
}

// units are all processes that opts ask for.
func (c *Consortium) units(opts Options) []unit {
	n := c.network
	var units []unit
	for _, m := range topology.Members() {
		units = append(units, ordererUnit(n, m), peerUnit(n, m), chaincodeUnit(n, m, ""))
		if !opts.FabricOnly {
			units = append(units, gatewayUnit(n, m))
		}
	}
	if opts.FabricOnly {
		return units
	}
	return append(units, bridgeUnit(n, bridgeOwner()))
}

// bridgeOwner is the member that runs the mqtt-bridge.
func bridgeOwner() topology.Member {
	members := topology.Members()
	for _, m := range members {
		if m.ID == artifact.BridgeOwner {
			return m
		}
	}
	panic("consortium: the bridge's owner is no member")
}

// write writes every configuration file.
func (c *Consortium) write(ctx context.Context, packages map[string]string) error {
	if err := artifact.WriteFabric(ctx, c.network); err != nil {
		return err
	}
	for _, m := range topology.Members() {
		id, err := artifact.WritePackage(c.network, m)
		if err != nil {
			return err
		}
		packages[m.ID] = id
		if err := artifact.WriteGateway(c.network, m); err != nil {
			return err
		}
	}
	return artifact.WriteBridge(c.network, bridgeOwner())
}

// supervise starts the supervisor unless it runs.
func (c *Consortium) supervise(ctx context.Context) error {
	_, err := c.control.Statuses(ctx)
	if !errors.Is(err, supervisor.ErrNotRunning) {
		return err
	}
	_, err = supervisor.Launch(ctx, c.superviseArgv, c.network.Socket(), c.network.LogFile("supervisor"))
	return err
}

// claim writes the network's settings, or checks them against those with which
// its ledger was made.
func (c *Consortium) claim() (State, error) {
	n := c.network
	state, exists, err := LoadState(n.Dir)
	if err != nil {
		return State{}, err
	}
	if exists && (state.BasePort != n.BasePort || state.Ordering != n.Ordering || state.Channel != n.Channel) {
		return State{}, fmt.Errorf("the network in %s was made with --base-port %d --ordering %s --channel %s: use another --dir, or remove it with down --purge",
			n.Dir, state.BasePort, state.Ordering, state.Channel)
	}
	state.BasePort, state.Ordering, state.Channel, state.Bin = n.BasePort, n.Ordering, n.Channel, n.Bin
	return state, state.save(n)
}

// lock makes this the one command that changes the network.
func (c *Consortium) lock() (func(), error) {
	unlock, err := supervisor.Lock(c.network.LockFile())
	if err != nil {
		return nil, fmt.Errorf("another command is changing this network: %w", err)
	}
	return unlock, nil
}
