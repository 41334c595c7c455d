package sizing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
)

// Part is a kind of process, as the figures name it.
type Part string

// The parts whose processor time is told.
const (
	Bridge     Part = "bridge"
	Gateway    Part = "gateway"        // of the member whose devices sent a message
	OtherFeeds Part = "gateways_other" // of all other members, together
	Chaincodes Part = "chaincodes"
	Peers      Part = "peers"
	Orderers   Part = "orderers"
)

// Parts are all of them, in the order of the way of a message.
func Parts() []Part { return []Part{Bridge, Gateway, OtherFeeds, Chaincodes, Peers, Orderers} }

// Cost is processor time, in cores or core seconds, of each part.
type Cost map[Part]float64

// Sum is that of all parts.
func (c Cost) Sum() (all float64) {
	for _, value := range c {
		all += value
	}
	return all
}

// Costs are what was measured on a network of one machine, of all members together.
type Costs struct {
	Where         string // machine and time, in a line
	Members       int
	BlockInterval float64 // seconds
	Rest          Cost    // cores, with nothing to do
	Block         Cost    // core seconds each
	Transaction   Cost    // core seconds each
	Kernel        float64 // all processor time by that of the processes, at least 1
	Messages      map[string]Message
	packing       []packed // of one bridge, by rate
}

// Message is what a message of a kind costs beyond its share of transactions and blocks.
type Message struct {
	Readings   float64
	Cost       Cost
	PeerBytes  float64          // on each peer's disk
	MostMemory map[Part]float64 // of a process, MiB
}

// packed is how many transactions a second one bridge made of messages at a rate.
type packed struct{ messages, transactions float64 }

// Kinds are the kinds of messages, by the start of their figures.
func Kinds() map[string]float64 {
	return map[string]float64{"ingest_single": 1, "ingest_packs_of_10": 10, "ingest_packs_of_100": 100, "ingest_anchored_packs_of_100": 100}
}

// Load reads costs from the figures of a whole run of the bench.
func Load(path string) (*Costs, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the file that the caller names
	if err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	var f figures
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, fmt.Errorf("decode figures: %w", err)
	}
	c, err := Of(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: measure them with make bench", path, err)
	}
	return c, nil
}

// figures are flat.
type figures map[string]any

func (f figures) number(name string) (float64, bool) {
	switch value := f[name].(type) {
	case float64:
		return value, true
	case int:
		return float64(value), true
	case int64:
		return float64(value), true
	}
	return 0, false
}

// cost is of each part; it reports false if one is missing.
func (f figures) cost(prefix string, unit float64) (Cost, bool) {
	c := Cost{}
	for _, part := range Parts() {
		value, is := f.number(prefix + string(part))
		if !is {
			return nil, false
		}
		c[part] = value * unit
	}
	return c, true
}

// Of are the costs that flat figures hold. It fails if what a transaction, a block, a message of one reading or the network at rest costs is not among them,
// or how messages at a rate are packed: by the busiest row alone all smaller rates would be reckoned too cheap.
func Of(f map[string]any) (*Costs, error) {
	all := figures(f)
	c := &Costs{Messages: map[string]Message{}, Kernel: all.kernel()}
	c.Where = fmt.Sprintf("%v CPUs (%v), measured at %v, commit %v, load average before %v", f["processors_count"], f["processor"], f["measured_at_rfc3339"], f["waymark_commit"], f["load_average_before_1m"])
	if !c.ledger(all) {
		return nil, errors.New("the figures of row raw are missing")
	}
	for kind, readings := range Kinds() {
		if m, is := c.message(all, kind+"_", readings); is {
			c.Messages[kind] = m
		}
	}
	if len(c.packing) == 0 {
		return nil, errors.New("the figures of row ingest are missing")
	}
	if !c.steady(all) {
		return nil, errors.New("the figures of row latency are missing, of a rate that was held")
	}
	return c, nil
}

// ledger takes what the network and the ledger itself cost. It reports false if something of that is missing.
func (c *Costs) ledger(f figures) bool {
	members, _ := f.number("members_count")
	interval, _ := f.number("block_interval_ms")
	var hasRest, hasBlock, hasTransaction bool
	c.Rest, hasRest = f.cost("idle_cpu_cores_", 1)
	c.Block, hasBlock = f.cost("block_cpu_ms_", 1e-3)
	c.Transaction, hasTransaction = f.cost("raw_transaction_cpu_ms_", 1e-3)
	if members <= 1 || interval <= 0 || !hasRest || !hasBlock || !hasTransaction {
		return false
	}
	c.Members, c.BlockInterval = int(members), interval/1000
	for part := range c.Block { // measured as differences, so that nothing can come out a little below
		c.Block[part], c.Transaction[part] = max(c.Block[part], 0), max(c.Transaction[part], 0)
	}
	return true
}

// message is what is left of a row once rest, blocks and transactions are off.
func (c *Costs) message(f figures, at string, readings float64) (Message, bool) {
	rate, hasRate := f.number(at + "messages_per_second")
	transactions, hasTransactions := f.number(at + "transactions_per_second")
	blocks, hasBlocks := f.number(at + "blocks_per_second")
	cost, hasCost := f.cost(at+"cpu_us_per_message_", 1e-6)
	if !hasRate || !hasTransactions || !hasBlocks || !hasCost || rate <= 0 {
		return Message{}, false
	}
	for part := range cost {
		cost[part] = max(cost[part]-(c.Rest[part]+transactions*c.Transaction[part]+blocks*c.Block[part])/rate, 0)
	}
	m := Message{Readings: readings, Cost: cost, MostMemory: map[Part]float64{}}
	for _, file := range []string{"block_files", "state", "rest"} {
		bytes, _ := f.number(at + "ledger_bytes_per_message_" + file)
		m.PeerBytes += bytes
	}
	for _, part := range Parts() {
		m.MostMemory[part], _ = f.number(at + "most_memory_mib_" + string(part))
	}
	if at == "ingest_single_" {
		c.packing = append(c.packing, packed{rate, transactions})
	}
	return m, true
}

// kernel is what the machine did beside the processes, by what these did, in the row of single messages.
func (f figures) kernel() float64 {
	whole, _ := f.number("ingest_single_cpu_us_per_message_all")
	beside, _ := f.number("ingest_single_cpu_us_per_message_other")
	if whole <= 0 || beside <= 0 || beside >= whole/2 { // another half: something else ran
		return 1
	}
	return whole / (whole - beside)
}

// steady takes how messages are packed into transactions from the rows at a rate. It reports false if none was held.
func (c *Costs) steady(f figures) (held bool) {
	for name := range f {
		at, is := strings.CutSuffix(name, "wanted_messages_per_second")
		if !is || !strings.HasPrefix(at, "latency_") || f[at+"held"] != true {
			continue
		}
		rate, _ := f.number(at + "messages_per_second")
		transactions, _ := f.number(at + "transactions_per_second")
		if rate > 0 && transactions > 0 {
			c.packing, held = append(c.packing, packed{rate, transactions}), true
		}
	}
	sort.Slice(c.packing, func(i, j int) bool { return c.packing[i].messages < c.packing[j].messages })
	return held
}

// Transactions is how many a second a bridge makes of messages at a rate: as measured at some rates, by logarithms between them,
// below them as many as at the least, if there are so many messages, and above them with as many messages in each as at the greatest.
func (c *Costs) Transactions(rate float64) float64 {
	least, most := c.packing[0], c.packing[len(c.packing)-1]
	switch {
	case rate <= 0:
		return 0
	case rate <= least.messages:
		return min(rate, least.transactions)
	case rate >= most.messages:
		return rate * most.transactions / most.messages
	}
	next := sort.Search(len(c.packing), func(i int) bool { return c.packing[i].messages >= rate })
	a, b := c.packing[next-1], c.packing[next]
	part := math.Log(rate/a.messages) / math.Log(b.messages/a.messages)
	return a.transactions * math.Pow(b.transactions/a.transactions, part)
}
