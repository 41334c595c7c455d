package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// Who does what, on both sides with the same identity on the same peer.
var (
	owner  = who{"producer", waymark.Operator} // has devices
	author = who{"producer", waymark.Admin}    // writes one policy about them
	asker  = who{"auditor", waymark.Operator}  // asks for access to them
	relay  = who{"producer", waymark.Relay}    // brings what they say
	// crowded has as many policies as a member may have.
	crowded = who{"carrier", waymark.Admin}
)

// The devices to which access is asked for: one of a member with one policy, one of a
// member with as many as there may be.
const (
	quiet = "asked-1"
	busy  = "asked-64"
)

// bench is the state of a run.
type bench struct {
	clients *clients
	loads   loads
	// speakers are the devices that report, one a worker.
	speakers []*speaker.Speaker
}

func newBench(c *clients, l loads) *bench { return &bench{clients: c, loads: l} }

type next = func(inFlight, worker, n int) (call, error)

// works are the rows of the table, in the order in which they are measured.
func (b *bench) works() []work {
	return []work{
		{name: "device_registered", title: "a device is registered",
			calls: map[string]string{fabricIoT: "dc.AddURL", ourSide: "devices:Register"},
			next:  map[string]next{fabricIoT: theirRegister, ourSide: ourRegister}},
		{name: "decision_asked", title: "access is asked for, and answered", reads: true, prepare: b.prepareQuiet,
			calls: map[string]string{fabricIoT: "ac.CheckAccess, evaluated", ourSide: "policies:Check"},
			next:  map[string]next{fabricIoT: theirDecision(quiet), ourSide: ourDecision(waymark.PoliciesCheck, quiet)}},
		{name: "decision_recorded", title: "the same, on the ledger",
			calls: map[string]string{fabricIoT: "ac.CheckAccess, submitted", ourSide: "policies:Authorize"},
			next:  map[string]next{fabricIoT: theirDecision(quiet), ourSide: ourDecision(waymark.PoliciesAuthorize, quiet)}},
		{name: "policy_added", title: "a policy is added",
			calls: map[string]string{fabricIoT: "pc.AddPolicy", ourSide: "policies:Put"},
			next:  map[string]next{fabricIoT: b.theirNewPolicy, ourSide: b.ourNewPolicy}},
		{name: "policy_replaced", title: "a policy is replaced", prepare: b.prepareBusy,
			calls: map[string]string{fabricIoT: "pc.UpdatePolicy", ourSide: "policies:Put"},
			next:  map[string]next{fabricIoT: theirReplacement, ourSide: ourReplacement}},
		{name: "decision_asked_of_64_policies", title: "access is asked for; the owner has 64 policies", reads: true,
			calls: map[string]string{fabricIoT: "ac.CheckAccess, evaluated", ourSide: "policies:Check"},
			next:  map[string]next{fabricIoT: theirDecision(busy), ourSide: ourDecision(waymark.PoliciesCheck, busy)}},
		{name: "data_recorded", title: "what a device has to say is recorded", prepare: b.prepareSpeakers,
			calls: map[string]string{fabricIoT: "dc.AddURL", ourSide: "telemetry:Record"},
			next:  map[string]next{fabricIoT: theirData, ourSide: b.ourData}},
	}
}

// setup makes calls that are not timed, one after another, each until it goes through.
func (b *bench) setup(ctx context.Context, count int, next func(n int) (call, error)) error {
	const patience = 5 * time.Minute
	load := timing.Load{Count: count, InFlight: 1, Limit: patience, Timeout: patience}
	cell, err := timing.Run(ctx, load, func(_, n int) (timing.Call, error) {
		k, err := next(n)
		return func(ctx context.Context) error { return b.clients.must(ctx, k) }, err
	}, error.Error)
	if err == nil && len(cell.Latencies) != count {
		err = fmt.Errorf("%d of %d calls went through: %v", len(cell.Latencies), count, cell.Failures)
	}
	return err
}

// prepareQuiet makes a device with one policy about it.
func (b *bench) prepareQuiet(ctx context.Context) error {
	return b.setup(ctx, 4, func(n int) (call, error) {
		switch n {
		case 0:
			return addURL(quiet), nil
		case 1:
			return addPolicy(author, "AddPolicy", asker.member, quiet, 0), nil
		case 2:
			return register(owner, quiet)
		default:
			return put(author, "only", quiet, 0)
		}
	})
}

// prepareBusy makes a device whose owner has as many policies as it may have. The last
// is the one that permits.
func (b *bench) prepareBusy(ctx context.Context) error {
	err := b.setup(ctx, 2, func(n int) (call, error) {
		if n == 0 {
			return addURL(busy), nil
		}
		return register(who{crowded.member, waymark.Operator}, busy)
	})
	if err != nil {
		return err
	}
	fill := waymark.MaxOwnPolicies
	err = b.setup(ctx, fill, func(n int) (call, error) {
		id := crowdedID(n)
		if n == fill-1 {
			return put(crowded, id, busy, 0)
		}
		return put(crowded, id, "other-"+strconv.Itoa(n), 0)
	})
	if err != nil {
		return err
	}
	return b.setup(ctx, fill, func(n int) (call, error) {
		if n == fill-1 {
			return addPolicy(crowded, "AddPolicy", asker.member, busy, 0), nil
		}
		return addPolicy(crowded, "AddPolicy", asker.member, "other-"+strconv.Itoa(n), 0), nil
	})
}

// crowdedID names the nth policy of the crowded member. The first ones are those that
// were added, one at a time, when that was measured.
func crowdedID(n int) string { return "new-1-" + strconv.Itoa(n) }

// prepareSpeakers makes one device for each worker.
func (b *bench) prepareSpeakers(ctx context.Context) error {
	most := b.loads.levels[len(b.loads.levels)-1].inFlight
	for n := range most {
		s, err := speaker.New("speaker-"+strconv.Itoa(n), channel)
		if err != nil {
			return err
		}
		b.speakers = append(b.speakers, s)
	}
	if err := b.setup(ctx, most, func(n int) (call, error) { return addURL(b.speakers[n].ID), nil }); err != nil {
		return err
	}
	return b.setup(ctx, most, func(n int) (call, error) { return registration(owner, b.speakers[n]) })
}

// authorAt is whose policies are added at a level: a member may have 64 at most, so
// each level has a member of its own.
func (b *bench) authorAt(inFlight int) who {
	authors := []string{crowded.member, "retailer", "auditor"}
	place := slices.IndexFunc(b.loads.levels, func(l level) bool { return l.inFlight == inFlight })
	return who{authors[place], waymark.Admin}
}

func (b *bench) ourNewPolicy(inFlight, _, n int) (call, error) {
	id := fmt.Sprintf("new-%d-%d", inFlight, n)
	return put(b.authorAt(inFlight), id, "other-"+strconv.Itoa(n), 0)
}

func (b *bench) ourData(_, worker, _ int) (call, error) {
	message, err := b.speakers[worker].Say(time.Now(), 1)
	if err != nil {
		return call{}, err
	}
	k, err := ours(relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{message.Text()}})
	k.check = func(answer []byte) error {
		if r, err := recording.Outcomes(answer); err != nil || len(r.Results) != 1 || r.Results[0].Outcome != waymark.Recorded {
			return fmt.Errorf("%w: %s", errWrong, answer)
		}
		return nil
	}
	return k, err
}
