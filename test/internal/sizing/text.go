package sizing

import (
	"fmt"
	"strings"
)

// Text is the answer in Markdown.
func (n Need) Text() string {
	var out strings.Builder
	d := n.Demand
	fmt.Fprintf(&out, "%d devices, a message each %s (%s), %d members: %.0f messages and %.1f transactions a second.\n\n", d.Devices, d.Every,
		strings.ReplaceAll(strings.TrimPrefix(d.Kind, "ingest_"), "_", " "), d.Members, n.Messages, n.Transactions)
	out.WriteString("| of each member | how many | cores of all of them | most memory of one in the measurement, MiB |\n|---|---|---|---|\n")
	line := func(name string, many int, part Part) {
		fmt.Fprintf(&out, "| %s | %d | %.1f | %s |\n", name, many, n.Cores[part], n.memory(part))
	}
	line("bridge, with the broker in it", n.Bridges, Bridge)
	line("gateway", n.Gateways, Gateway)
	line("chaincode", n.Channels, Chaincodes)
	line("peer", n.Channels, Peers)
	line("orderer", n.Channels, Orderers)
	out.WriteString("| PostgreSQL, with a standby | 1 | - | - |\n\n")
	fmt.Fprintf(&out, "Channels: %d. Cores in all: %.1f of each member. %s\n", n.Channels, n.Cores.Sum(), n.growth())
	return out.String()
}

// memory is what is known of it.
func (n Need) memory(part Part) string {
	if n.MemoryMiB[part] == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.0f", n.MemoryMiB[part])
}

func (n Need) growth() string {
	if n.PeerBytesADay == 0 {
		return "What a peer's ledger grows by is not among the figures."
	}
	return fmt.Sprintf("A peer's ledger grows by %.1f GB a day.", n.PeerBytesADay/1e9)
}
