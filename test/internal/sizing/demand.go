package sizing

import (
	"fmt"
	"math"
	"time"
)

// Demand is what a consortium is to bear. Each member owns as many of the devices as any other.
type Demand struct {
	Devices int
	Every   time.Duration // between two messages of a device
	Kind    string        // of message: one of Kinds
	Members int
}

// Bounds of the answer.
const (
	// Busy is how much of its cores a part is to use: what is left is for peaks, restarts and what runs beside it.
	Busy = 0.5
	// DevicesOfABridge is how many may be connected to one bridge's embedded broker: embedded.max_connections, as it is by default.
	DevicesOfABridge = 10_000
	// LeastMembers is how many members a BFT ordering service needs to bear one that is faulty.
	LeastMembers = 4
)

// Need is the answer.
type Need struct {
	Demand       Demand
	Messages     float64 // a second, of all
	Transactions float64 // a second, of all
	Channels     int     // on each of which a peer commits one block after another
	Bridges      int     // of a member
	Gateways     int     // of a member
	// Cores are those that each part of one member needs if it is to be no busier than Busy. OtherFeeds is part of Gateway.
	Cores Cost
	// PeerBytesADay is what the ledger of each peer grows by.
	PeerBytesADay float64
	MemoryMiB     map[Part]float64 // most that a process had in the measurement, which had fewer devices
}

// Validate checks the demand against what was measured.
func (c *Costs) Validate(d Demand) error {
	_, measured := c.Messages[d.Kind]
	switch {
	case !measured:
		return fmt.Errorf("what a message of %q costs is not among the figures", d.Kind)
	case d.Devices < 1 || d.Devices > 100_000_000:
		return fmt.Errorf("devices are 1 to 100000000, and not %d", d.Devices)
	case d.Every < time.Second || d.Every > 366*24*time.Hour:
		return fmt.Errorf("a device sends every second or less often, and once a year at least, and not every %s", d.Every)
	case d.Members < LeastMembers || d.Members > 100:
		return fmt.Errorf("members are %d to 100, and not %d", LeastMembers, d.Members)
	}
	return nil
}

// Needs answers. The demand is valid.
func (c *Costs) Needs(d Demand) Need {
	m := c.Messages[d.Kind]
	rate := float64(d.Devices) / d.Every.Seconds()
	n := Need{Demand: d, Messages: rate, Channels: 1, Bridges: ceil(float64(d.Devices) / float64(d.Members) / DevicesOfABridge), MemoryMiB: m.MostMemory}
	own := rate / float64(d.Members)
	n.Transactions = float64(d.Members*n.Bridges) * c.Transactions(own/float64(n.Bridges))
	used := c.ofAMember(d.Members, rate, n.Transactions, m)
	n.Channels = ceil(used[Peers] / Busy) // one core each
	n.Cores = Cost{}
	for part, cores := range used {
		n.Cores[part] = cores / Busy
	}
	n.Gateways = max(2, ceil(n.Cores[Gateway]/2)) // one can be away
	n.PeerBytesADay = rate * m.PeerBytes * (24 * time.Hour).Seconds()
	return n
}

// ofAMember is the cores that one member's processes use. A peer, an orderer and a chaincode of the measured network did its part of the whole: of
// chaincodes those of the endorsers that it takes. What an orderer does for a block grows with all whose votes it counts.
func (c *Costs) ofAMember(members int, rate, transactions float64, m Message) Cost {
	measured, now := float64(c.Members), float64(members)
	blocks := min(transactions, 1/c.BlockInterval)
	of := func(part Part, ofBlocks float64) float64 {
		return transactions*c.Transaction[part] + ofBlocks*c.Block[part] + rate*m.Cost[part]
	}
	endorsing := float64(Quorum(members)) / float64(Quorum(c.Members))
	feeds := of(OtherFeeds, blocks) / (measured - 1) * (now - 1) / now
	return Cost{
		Bridge:     c.Kernel * (c.Rest[Bridge] + of(Bridge, 0)/now),
		Gateway:    c.Kernel * (c.Rest[Gateway] + of(Gateway, blocks)/now + feeds),
		Chaincodes: c.Kernel * (c.Rest[Chaincodes]/measured + of(Chaincodes, 0)*endorsing/now),
		Peers:      c.Kernel * (c.Rest[Peers]/measured + of(Peers, blocks)/measured),
		Orderers:   c.Kernel * (c.Rest[Orderers]/measured + of(Orderers, blocks*now/measured)/measured),
	}
}

// Quorum is how many members endorse: more than half, and three of four, as the network's policy has it.
func Quorum(members int) int { return members/2 + 1 }

// Predict is the cores that the measured network itself, all members together, uses with one bridge at a rate of messages of a kind.
func (c *Costs) Predict(kind string, rate float64) Cost {
	transactions := c.Transactions(rate)
	blocks, predicted := min(transactions, 1/c.BlockInterval), Cost{}
	for _, part := range Parts() {
		predicted[part] = c.Rest[part] + transactions*c.Transaction[part] + blocks*c.Block[part] + rate*c.Messages[kind].Cost[part]
	}
	return predicted
}

func ceil(value float64) int { return max(int(math.Ceil(value)), 1) }
