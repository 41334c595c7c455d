package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// kind is a kind of process: what its processor time is told by.
type kind string

// The kinds. client is this process: the bare client of `raw`, and otherwise what follows the blocks. other is
// what the machine was busy with beside them, of which the kernel's own work should be most.
const (
	client        kind = "client"
	devices       kind = "devices"
	bridge        kind = "bridge"
	gateway       kind = "gateway" // of the member whose bridge it is
	otherGateways kind = "gateways_other"
	chaincodes    kind = "chaincodes"
	peers         kind = "peers"
	orderers      kind = "orderers"
	other         kind = "other"
	all           kind = "all" // of the machine
)

// kinds are all of them, in the order of the way of a message, and the sum last.
func kinds() []kind {
	return []kind{client, devices, bridge, gateway, otherGateways, chaincodes, peers, orderers, other, all}
}

// kindOf is the kind of a process of the network, by its name.
func kindOf(name string) (kind, error) {
	tier, of, _ := strings.Cut(name, ".")
	switch {
	case tier == "mqtt-bridge":
		return bridge, nil
	case tier == "gateway" && of == member:
		return gateway, nil
	}
	k, known := map[string]kind{"gateway": otherGateways, "chaincode": chaincodes, "peer": peers, "orderer": orderers}[tier]
	if !known {
		return "", fmt.Errorf("nobody knows what kind of process %s is", name)
	}
	return k, nil
}

// meter reads what was used and done so far.
type meter struct {
	named     map[string]int // the network's processes
	processes map[kind][]usage.Process
	ledgers   []string // folders of the peers
	seen      func() bare.Seen
}

// newMeter is of the processes of the network, of the processes of the bench's chaincode, and of this one.
func newMeter(ctx context.Context, n *localnet.Network, rawputs []int, seen func() bare.Seen) (*meter, error) {
	named, err := n.Processes(ctx)
	if err != nil {
		return nil, err
	}
	ledgers, err := ledgersOf(n.Dir())
	if err != nil {
		return nil, err
	}
	m := &meter{named: named, ledgers: ledgers, seen: seen, processes: map[kind][]usage.Process{client: {usage.Process(os.Getpid())}}}
	for name, pid := range named {
		k, err := kindOf(name)
		if err != nil {
			return nil, err
		}
		m.processes[k] = append(m.processes[k], usage.Process(pid))
	}
	for _, pid := range rawputs {
		m.processes[chaincodes] = append(m.processes[chaincodes], usage.Process(pid))
	}
	return m, nil
}

// sample is what was used and done so far.
type sample struct {
	at       time.Time
	cpu      map[kind]time.Duration
	seen     bare.Seen
	stored   stored // on all peers
	messages int
}

// sample takes one, with how many messages are recorded.
func (m *meter) sample(messages int) (s sample, err error) {
	s = sample{at: time.Now(), cpu: map[kind]time.Duration{}, seen: m.seen(), messages: messages}
	if s.cpu[all], err = usage.Machine(); err != nil {
		return s, err
	}
	if s.stored, err = store(m.ledgers); err != nil {
		return s, err
	}
	for k, processes := range m.processes {
		for _, p := range processes {
			used, err := p.CPU()
			if err != nil {
				return s, fmt.Errorf("%s: %w", k, err)
			}
			s.cpu[k] += used
		}
	}
	return s, nil
}

// forget makes peaks begin anew.
func (m *meter) forget() error {
	for k, processes := range m.processes {
		for _, p := range processes {
			if err := p.ForgetPeak(); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	return nil
}

// peaks is the most memory, in MiB, that a process of each kind had since forget: that of the one which had most.
func (m *meter) peaks() (map[kind]int, error) {
	most := map[kind]int{}
	for k, processes := range m.processes {
		for _, p := range processes {
			peak, err := p.PeakMiB()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			most[k] = max(most[k], peak)
		}
	}
	return most, nil
}

// spent is what was used and done in a time.
type spent struct {
	took                           time.Duration
	cpu                            map[kind]time.Duration
	messages, transactions, blocks int
	stored                         stored // more of it on all peers
}

// since is what was used and done from one sample to another.
func (s sample) since(before sample) spent {
	d := spent{took: s.at.Sub(before.at), cpu: map[kind]time.Duration{}, messages: s.messages - before.messages,
		transactions: s.seen.Transactions - before.seen.Transactions, blocks: s.seen.Blocks - before.seen.Blocks,
		stored: s.stored.less(before.stored)}
	known := time.Duration(0)
	for _, k := range kinds() {
		d.cpu[k] = s.cpu[k] - before.cpu[k]
		if k != all && k != other {
			known += d.cpu[k]
		}
	}
	d.cpu[other] = max(d.cpu[all]-known, 0)
	return d
}

// add adds what was used and done in another time.
func (s *spent) add(more spent) {
	s.took, s.messages, s.transactions, s.blocks = s.took+more.took, s.messages+more.messages, s.transactions+more.transactions, s.blocks+more.blocks
	s.stored = s.stored.plus(more.stored)
	if s.cpu == nil {
		s.cpu = map[kind]time.Duration{}
	}
	for k, used := range more.cpu {
		s.cpu[k] += used
	}
}

// perSecond is a count of it by second.
func (s spent) perSecond(n int) float64 {
	if s.took <= 0 {
		return 0
	}
	return float64(n) / s.took.Seconds()
}
