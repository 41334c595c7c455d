package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/deploy"
	"github.com/waymark-ledger/waymark/test/internal/followers"
	"github.com/waymark-ledger/waymark/test/internal/profiled"
)

// Who calls the ledger itself and owns the devices, and by whose peer what is recorded is followed at full load: another one.
const (
	member   = "producer"
	follower = "auditor"
)

// rawput is the chaincode that the ledger itself is measured by, and rawputPort the first of the network's
// ports at which its processes serve.
const (
	rawput     = "rawput"
	rawputPort = 40
)

// bench is what is measured, and by what.
type bench struct {
	amounts amounts
	site    command.Site
	network *endpoints.Network
	fleet   string // the program
	raw     *bare.Client
	meter   *meter
	fleets  int // that were started

	products followers.Writer

	profiles string // folder for profiles; none if it is empty
}

// prepare returns the options by which the network is such that it can be profiled, if it is to be.
func (s settings) prepare(ctx context.Context, at command.Site) (options []string, err error) {
	if s.profiles == "" {
		return nil, nil
	}
	command.Progress("build programs that can be profiled")
	bin := filepath.Join(at.Work, "bin")
	return []string{"--no-build", "--bin", bin}, profiled.Programs(ctx, at.Root, bin)
}

// with has measure measure, once the ledger can be called.
func (s settings) with(ctx context.Context, at command.Site, n *endpoints.Network, measure func(*bench) error) (err error) {
	b := &bench{amounts: s.amounts(), site: at, network: n, fleet: filepath.Join(at.Work, "fleet"), profiles: s.profiles}
	running, err := b.deploy(ctx, s.BasePort+rawputPort)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()
	if b.raw, err = bare.New(ctx, n, member, waymark.Operator, rawput); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.raw.Close()) }()
	if b.meter, err = newMeter(ctx, at.Network, running.PIDs(), b.raw.Seen); err != nil {
		return err
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	return measure(b)
}

// deploy builds what is needed, and deploys the least chaincode beside ours.
func (b *bench) deploy(ctx context.Context, firstPort int) (*deploy.Processes, error) {
	command.Progress("deploy a chaincode that only puts beside ours")
	program := filepath.Join(b.site.Work, rawput)
	if err := errors.Join(b.site.Network.BuildCommand(ctx, rawput, program), b.buildFleet(ctx)); err != nil {
		return nil, err
	}
	return deploy.Deploy(ctx, deploy.Site{
		Network: b.network, Dir: b.site.Network.Dir(), Bin: filepath.Join(b.site.Root, ".waymark", "bin"), Work: b.site.Work,
		Contracts: []deploy.Contract{{Name: rawput, Program: program}}, FirstPort: firstPort,
	})
}

// newPrefix is the start of the ids of devices that no fleet before had.
func (b *bench) newPrefix() string {
	b.fleets++
	return fmt.Sprintf("bench-%d-", b.fleets)
}
