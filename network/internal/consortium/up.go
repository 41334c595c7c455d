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
	// Chaincode is the program to run as the chaincode from now on, an absolute path;
	// empty for the one that the network remembers, or else the one in its binaries.
	Chaincode string
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
	before, _, err := LoadState(c.network.Dir)
	if err != nil {
		return err
	}
	if err := c.checkPorts(ctx, c.units(opts, before.definitions())); err != nil {
		return err
	}
	state, err := c.claim(opts.Chaincode)
	if err != nil {
		return err
	}
	defs := state.definitions()
	stages := c.foundation(state, defs)
	if !state.Deployed {
		stages = append(stages, c.deployment(state, defs[0])...)
	}
	if err := c.perform(ctx, append(stages, c.applications(opts, defs[0])...)); err != nil {
		return err
	}
	if state.Next != 0 {
		c.log.Done("an upgrade of the chaincode is not finished: repeat `network upgrade`")
	}
	c.log.Done("up; " + c.network.EndpointsFile() + " says where everything is")
	return nil
}

// perform does stages in their order, one line of progress each.
func (c *Consortium) perform(ctx context.Context, stages []stage) error {
	for _, s := range stages {
		if err := c.log.Stage(s.name, func() error { return s.do(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// foundation starts Fabric and the chaincode of each definition, and fills in the
// package ids of these.
func (c *Consortium) foundation(state State, defs []lifecycle.Definition) []stage {
	n := c.network
	return []stage{
		{"make keys and certificates", func(ctx context.Context) error { return pki.Generate(ctx, n) }},
		{"write configuration and genesis block", func(ctx context.Context) error { return c.write(ctx, state, defs) }},
		{"start supervisor", c.supervise},
		{"start orderers", func(ctx context.Context) error {
			return c.startAll(ctx, forEach(func(m topology.Member) unit { return ordererUnit(n, m) }))
		}},
		{"start peers", func(ctx context.Context) error {
			return c.startInTurn(ctx, forEach(func(m topology.Member) unit { return peerUnit(n, m) }))
		}},
		{"start chaincode", func(ctx context.Context) error { return c.startAll(ctx, c.chaincodes(defs)) }},
	}
}

// deployment makes the channel and commits the chaincode on it: once.
func (c *Consortium) deployment(state State, def lifecycle.Definition) []stage {
	deploy := lifecycle.New(c.network)
	return []stage{
		{"join orderers to channel " + c.network.Channel, deploy.JoinOrderers},
		{"join peers", deploy.JoinPeers},
		{"install chaincode packages", func(ctx context.Context) error { return deploy.Install(ctx, def) }},
		{"approve chaincode, each member", func(ctx context.Context) error { return deploy.Approve(ctx, def) }},
		{"commit chaincode", func(ctx context.Context) error {
			if err := deploy.Commit(ctx, def); err != nil {
				return err
			}
			state.Deployed, state.Sequence = true, def.Sequence
			return state.save(c.network)
		}},
	}
}

// applications starts what stands on Fabric, and proves that it works.
func (c *Consortium) applications(opts Options, def lifecycle.Definition) []stage {
	n := c.network
	publish := stage{"write endpoints.json", func(context.Context) error { return c.publish() }}
	acquaint := stage{"acquaint peers with one another", func(ctx context.Context) error {
		return lifecycle.New(n).Acquaint(ctx, def.Sequence)
	}}
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

// units are all processes that opts and the definitions ask for.
func (c *Consortium) units(opts Options, defs []lifecycle.Definition) []unit {
	n := c.network
	units := c.chaincodes(defs)
	for _, m := range topology.Members() {
		units = append(units, ordererUnit(n, m), peerUnit(n, m))
		if !opts.FabricOnly {
			units = append(units, gatewayUnit(n, m))
		}
	}
	if opts.FabricOnly {
		return units
	}
	return append(units, bridgeUnit(n, bridgeOwner()))
}

// chaincodes are the processes that serve the definitions.
func (c *Consortium) chaincodes(defs []lifecycle.Definition) []unit {
	var units []unit
	for _, def := range defs {
		units = append(units, forEach(func(m topology.Member) unit { return chaincodeUnit(c.network, m, def) })...)
	}
	return units
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

// write writes every configuration file, the definitions' packages among them.
func (c *Consortium) write(ctx context.Context, state State, defs []lifecycle.Definition) error {
	if err := artifact.WriteFabric(ctx, c.network); err != nil {
		return err
	}
	for _, def := range defs {
		if err := c.pack(def); err != nil {
			return err
		}
	}
	// While an upgrade is not finished, each definition keeps the program it has.
	if state.Next == 0 {
		if err := keepProgram(state.program(c.network), c.network.ChaincodeProgram(defs[0].Sequence)); err != nil {
			return err
		}
	}
	for _, m := range topology.Members() {
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
// its ledger was made. chaincode is the program to run as the chaincode, empty for the
// one that ran before.
func (c *Consortium) claim(chaincode string) (State, error) {
	n := c.network
	state, exists, err := LoadState(n.Dir)
	if err != nil {
		return State{}, err
	}
	if exists && (state.BasePort != n.BasePort || state.Ordering != n.Ordering || state.Channel != n.Channel) {
		return State{}, fmt.Errorf("the network in %s was made with --base-port %d --ordering %s --channel %s: use another --dir, or remove it with down --purge",
			n.Dir, state.BasePort, state.Ordering, state.Channel)
	}
	if chaincode != "" && state.Next != 0 {
		return State{}, errUnfinished
	}
	if chaincode != "" {
		state.Chaincode = chaincode
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
