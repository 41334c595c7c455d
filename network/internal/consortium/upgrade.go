package consortium

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/network/internal/artifact"
	"github.com/waymark-ledger/waymark/network/internal/lifecycle"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// errUnfinished refuses what an unfinished upgrade must come before.
var errUnfinished = errors.New("an upgrade of the chaincode is not finished: repeat `network upgrade`")

// UpgradeOptions say which program serves the next definition.
type UpgradeOptions struct {
	// Chaincode is the program, an absolute path; empty for the one in the network's
	// binaries.
	Chaincode string
	// Build builds the one in the network's binaries; nil to take it as it is.
	Build func(context.Context) error
}

// Upgrade takes a network that is up to the next definition of the chaincode. It
// returns when every peer runs it. The chaincode of the definition before serves until
// then, so the channel goes on answering. After a failure Upgrade may be repeated, and
// goes on to the same definition: with the program of the repeated call until the first
// member is asked to approve, with the one that was kept from then on.
func (c *Consortium) Upgrade(ctx context.Context, opts UpgradeOptions) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := c.control.Statuses(ctx); err != nil {
		return err
	}
	state, err := c.begin(ctx, opts)
	if err != nil {
		return err
	}
	if err := c.perform(ctx, c.succession(state, definition(state.Sequence), definition(state.Next))); err != nil {
		return err
	}
	c.log.Done(fmt.Sprintf("upgraded to definition %d of the chaincode", state.Next))
	return nil
}

// begin notes where the upgrade leads to, before anything is done: a repeated one leads
// to the same. It refuses a network that has no chaincode yet, a program that is not
// there, and another program than the one that members were asked to approve.
func (c *Consortium) begin(ctx context.Context, opts UpgradeOptions) (State, error) {
	state, err := c.claim("")
	if err != nil {
		return State{}, err
	}
	if !state.Deployed {
		return State{}, errors.New("the network has no chaincode yet: run `network up`")
	}
	if state.Approving {
		return state, c.goOn(state, opts.Chaincode)
	}
	state.Sequence = max(state.Sequence, 1)
	state.Next, state.Chaincode = state.Sequence+1, opts.Chaincode
	if opts.Chaincode == "" && opts.Build != nil {
		if err := opts.Build(ctx); err != nil {
			return State{}, err
		}
	}
	if err := findProgram(state.program(c.network)); err != nil {
		return State{}, err
	}
	return state, state.save(c.network)
}

// goOn finds the program that was kept for the next definition, and refuses another one.
// Members approve a definition, which does not name its program: what they were asked
// to approve must not become something else.
func (c *Consortium) goOn(state State, program string) error {
	kept := c.network.ChaincodeProgram(state.Next)
	if err := findProgram(kept); err != nil {
		return err
	}
	if program != "" {
		same, err := sameContent(program, kept)
		if err != nil {
			return fmt.Errorf("find the chaincode's program: %w", err)
		}
		if !same {
			return fmt.Errorf("%s: members were asked to approve definition %d with another program: finish that with `network upgrade` without --chaincode, then upgrade to this one",
				program, state.Next)
		}
	}
	c.log.Done(fmt.Sprintf("definition %d keeps the program that members were asked to approve", state.Next))
	return nil
}

// succession is the way from one definition to the next. Up to the commit the channel
// knows the one before alone; from then on each peer asks the chaincode of the next.
func (c *Consortium) succession(state State, from, to lifecycle.Definition) []stage {
	n, deploy := c.network, lifecycle.New(c.network)
	return []stage{
		{"write chaincode packages", func(context.Context) error {
			if !state.Approving {
				if err := keepProgram(state.program(n), n.ChaincodeProgram(to.Sequence)); err != nil {
					return err
				}
			}
			return c.pack(to)
		}},
		{"start new chaincode", func(ctx context.Context) error { return c.startNew(ctx, state, to) }},
		{"install chaincode packages", func(ctx context.Context) error { return deploy.Install(ctx, to) }},
		{"approve chaincode, each member", func(ctx context.Context) error {
			state.Approving = true
			if err := state.save(n); err != nil {
				return err
			}
			return deploy.Approve(ctx, to)
		}},
		{"commit chaincode", func(ctx context.Context) error { return deploy.Commit(ctx, to) }},
		{"acquaint peers with one another", func(ctx context.Context) error { return deploy.Acquaint(ctx, to.Sequence) }},
		{"end old chaincode", func(ctx context.Context) error { return c.succeed(ctx, state, from) }},
		// By now no peer asks the old chaincode. If the new one does not answer, the way out
		// is the definition after it.
		{"ask chaincode through each peer", deploy.Answer},
	}
}

// startNew starts the chaincode of the next definition. If it does not serve and nobody
// was asked to approve it yet, it is ended: the repeated upgrade may bring another.
func (c *Consortium) startNew(ctx context.Context, state State, to lifecycle.Definition) error {
	units := c.chaincodes([]lifecycle.Definition{to})
	if err := c.checkPorts(ctx, units); err != nil {
		return err
	}
	err := c.startAll(ctx, units)
	if err == nil || state.Approving {
		return err
	}
	return errors.Join(err, c.end(context.WithoutCancel(ctx), units))
}

// end stops processes and has the supervisor forget them.
func (c *Consortium) end(ctx context.Context, units []unit) error {
	for _, u := range units {
		if err := c.control.Remove(ctx, u.spec.Name); err != nil {
			return err
		}
	}
	return nil
}

// succeed ends the chaincode of the definition before and notes that the next one is
// in force.
func (c *Consortium) succeed(ctx context.Context, state State, before lifecycle.Definition) error {
	if err := c.end(ctx, c.chaincodes([]lifecycle.Definition{before})); err != nil {
		return err
	}
	state.Sequence, state.Next, state.Approving = state.Next, 0, false
	if err := state.save(c.network); err != nil {
		return err
	}
	files := []string{c.network.ChaincodeProgram(before.Sequence)}
	for _, m := range topology.Members() {
		files = append(files, c.network.Package(m, before.Sequence))
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what served before: %w", err)
		}
	}
	return nil
}

// pack writes the package of each member for a definition, and fills in their ids.
func (c *Consortium) pack(def lifecycle.Definition) error {
	for _, m := range topology.Members() {
		id, err := artifact.WritePackage(c.network, m, def.Sequence)
		if err != nil {
			return err
		}
		def.Packages[m.ID] = id
	}
	return nil
}
