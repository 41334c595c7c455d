//go:build e2e && linux

package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// process is what a fault befalls.
type process struct {
	name  string
	pid   func(context.Context) (int, error)
	kill  func(context.Context) error // by SIGKILL
	start func(context.Context) error // again
}

// part is a process of the network.
func part(name string) process {
	return process{
		name:  name,
		pid:   func(ctx context.Context) (int, error) { return local.PID(ctx, name) },
		kill:  func(ctx context.Context) error { return local.Kill(ctx, name) },
		start: func(ctx context.Context) error { return local.Start(ctx, name) },
	}
}

// comingBack is a chaincode process, which is started again without being asked.
func comingBack(name string) process {
	p := part(name)
	p.start = func(context.Context) error { return nil }
	return p
}

// choose finds the process when its row has begun.
type choose func(context.Context, *testing.T, *row) process

func always(p process) choose {
	return func(context.Context, *testing.T, *row) process { return p }
}

// kills kills a process, so often, at moments within a time after it was started. It is down for a while then.
func kills(n int, within, down time.Duration, which choose) inflicting {
	return func(ctx context.Context, t *testing.T, r *row) {
		t.Helper()
		random := rand.New(rand.NewPCG(*seed, 0))
		for range n {
			p := which(ctx, t, r)
			pause(ctx, time.Duration(random.Int64N(int64(within))))
			if err := p.kill(ctx); err != nil {
				t.Fatal(err)
			}
			pause(ctx, down)
			if err := p.start(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stands is how long a process stands still.
const stands = 5 * time.Second

// stills stops a process by SIGSTOP: it keeps its connections, and the kernel goes on for it.
func stills(which choose) inflicting {
	return func(ctx context.Context, t *testing.T, r *row) {
		t.Helper()
		pid, err := which(ctx, t, r).pid(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
		pause(ctx, stands)
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
}

// view is the number of the view in which the last block was ordered.
func view(ctx context.Context, t *testing.T) uint64 {
	t.Helper()
	p, err := audit.Connect(local.at, witness)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	v, err := p.View(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// consenter is one of the ordering service's in configtx.yaml.
var consenter = regexp.MustCompile(`(?m)^ +- ID: (\d+)\n +Host: .*\n +Port: .*\n +MSPID: (\S+)$`)

// leader is the orderer that leads.
func leader(ctx context.Context, t *testing.T, _ *row) process {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(local.Dir(), "config", "configtx.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[int]string{}
	var ids []int
	for _, found := range consenter.FindAllStringSubmatch(string(text), -1) {
		id, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		names[id], ids = found[2], append(ids, id)
	}
	if len(ids) != len(local.at.Members) {
		t.Fatalf("%d orderers are in the configuration", len(ids))
	}
	slices.Sort(ids)
	name := names[ids[view(ctx, t)%uint64(len(ids))]]
	t.Logf("the orderer of %s leads", name)
	return part("orderer." + name)
}

// leaderDies kills the orderer that leads, and starts it again once another does.
func leaderDies(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	p, led := leader(ctx, t, r), view(ctx, t)
	if err := p.kill(ctx); err != nil {
		t.Fatal(err)
	}
	r.seen.more(ctx, t) // it may have been on its way
	for view(ctx, t) == led {
		if ctx.Err() != nil {
			t.Fatal("nobody leads, or the one that was killed did not")
		}
		r.seen.more(ctx, t)
	}
	if err := p.start(ctx); err != nil {
		t.Fatal(err)
	}
}

// killed are the rows of kill -9.
func killed() []fault {
	return []fault{
		{name: "kill -9 of the bridge with its broker, 20 times", site: withBroker, inflict: kills(20, 6*time.Second, 0, ofBridge)},
		{name: "kill -9 of the bridge with its broker, 5 times, while commands go down", site: withBroker, inflict: commanded(kills(5, 4*time.Second, 0, ofBridge))},
		{name: "kill -9 of the bridge at mosquitto, 5 times", site: atMosquitto, inflict: kills(5, 6*time.Second, 0, ofBridge)},
		{name: "kill -9 of mosquitto, 5 times", site: atMosquitto, inflict: asking(kills(5, 4*time.Second, 0, ofBroker)), unsure: true, late: true,
			remark: "mosquitto acknowledges before it writes: the device asks the ledger before it forgets."},
		{name: "kill -9 of the bridge's gateway, 5 times", alone: true, inflict: kills(5, 4*time.Second, 0, always(part("gateway.producer")))},
		{name: "kill -9 of that gateway's peer, down for 2 s", alone: true, inflict: kills(1, time.Second, 2*time.Second, always(part("peer.producer")))},
		{name: "kill -9 of another member's peer, down for 2 s", alone: true, inflict: kills(1, time.Second, 2*time.Second, always(part("peer.carrier")))},
		{name: "kill -9 of the leading orderer, down until another leads", alone: true, inflict: leaderDies},
		{name: "kill -9 of the chaincode of the gateway's peer, 3 times", alone: true, inflict: kills(3, 3*time.Second, time.Second, always(comingBack("chaincode.producer")))},
	}
}

// stopped are the rows of SIGSTOP.
func stopped() []fault {
	var rows []fault
	for _, s := range []struct {
		what  string
		which choose
		site  func(context.Context, *testing.T) *site
	}{
		{what: "the bridge with its broker", which: ofBridge, site: withBroker},
		{what: "mosquitto", which: ofBroker, site: atMosquitto},
		{what: "the bridge's gateway", which: always(part("gateway.producer"))},
		{what: "that gateway's peer", which: always(part("peer.producer"))},
		{what: "the leading orderer", which: leader},
		{what: "the chaincode of the gateway's peer", which: always(part("chaincode.producer"))},
	} {
		rows = append(rows, fault{name: fmt.Sprintf("SIGSTOP of %s for %.0f s", s.what, stands.Seconds()), site: s.site, alone: s.site == nil, inflict: stills(s.which)})
	}
	return rows
}
